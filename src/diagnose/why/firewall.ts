/**
 * The step between a till and the gateway's door: what filters on this host would say to a new connection.
 *
 * Judged by the rules as they are loaded, UFW's, Docker's and anybody's. Who gets in by a way around them gets in: that is
 * the audit's to report.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { addressesOfGrants } from "../../audit/compare/guarded-doors.ts";
import { formatEndpoint } from "../../audit/compare/listeners.ts";
import { isForbiddenWall } from "../../audit/compare/walls.ts";
import { type Reading, reading } from "../../audit/facts.ts";
import {
  type AddressSet,
  addressRange,
  addressesOf,
  intersection,
  isNobody,
  meet,
  sayAddresses,
  unionOf,
  without,
} from "../../audit/wall/address-set.ts";
import { commandFor, deciders, layerOf, lineOf } from "../../audit/wall/deciders.ts";
import { type Reach, reachOf } from "../../audit/wall/host-walls.ts";
import { opening } from "../../audit/wall/mending.ts";
import type { Decision } from "../../audit/wall/walk.ts";
import type { Endpoint } from "../../inventory/model.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { networksNamed } from "./rights.ts";
import { type Step, type Walk, breaks, passed, unknown } from "./step.ts";

export function firewallStep(walk: Walk): Step {
  const unread = unreadWall(walk.audited);
  if (unread !== undefined) return unknown("firewall", "the firewall of this host could not be read", unread);
  const judged = walk.flow.endpoints.map((endpoint) => judgedAt(walk, endpoint));
  return judged.find(({ state }) => state === "breaks") ?? judged.find(isUnknown) ?? judged[0] ?? doorless();
}

/** Who opens the connections, and the door that they come to. */
interface Knocking {
  readonly walk: Walk;
  readonly door: Endpoint;
  readonly comers: AddressSet;
  /** In words: `this till (203.0.113.7)`. */
  readonly who: string;
}

function judgedAt(walk: Walk, endpoint: Endpoint): Step {
  const door = { ...endpoint, address: endpoint.address || walk.audited.address };
  const comers = comersOf(walk);
  const knocking = { walk, door, comers, who: whoOf(walk, comers) };
  const reach = reachOf(walk.audited.walls, door);
  if (!meet(comers, reach.perhaps)) return keptOut(knocking, reach);
  if (!meet(comers, reach.open)) return unclear(knocking, reach);
  return letIn(knocking, reach);
}

/** Behind a balancer only the balancer connects; without `--from`, whoever has a right. */
function comersOf({ flow, from, audited, gateway }: Walk): AddressSet {
  if (flow.acceptProxy !== undefined) return addressesOf(flow.acceptProxy.flatMap(({ networks }) => networks));
  if (from !== undefined) return addressRange(from, from);
  const temporary = gateway.kind === "answered" ? gateway.flow.grants : [];
  const held = temporary.filter(({ until }) => audited.at < until);
  return unionOf([
    addressesOfGrants(flow.grants, audited),
    ...held.map(({ source }) => addressesOf(networksNamed(source, audited.inventory))),
  ]);
}

function whoOf({ flow, from }: Walk, comers: AddressSet): string {
  if (flow.acceptProxy !== undefined) return `the load balancer (${sayAddresses(comers)})`;
  return from === undefined ? `whoever may reach it (${sayAddresses(comers)})` : `this till (${formatAddress(from)})`;
}

function keptOut({ walk: { name, audited }, door, comers, who }: Knocking, reach: Reach): Step {
  const [decision] = deciders(reach, comers, "drop");
  const layer = decision === undefined ? "its rules" : layerOf(decision);
  const asked = { endpoint: door, allowed: comers, sources: comers };
  return breaks("firewall", {
    what: `${layer}: a new connection of ${sayAddresses(comers)} to ${formatEndpoint(door)} does not get through`,
    evidence: evidenceOf(decision),
    said: `The gateway's own firewall (${layer}) keeps ${who} away from ${name}; the terminal is not the cause.`,
    fix: opening({ host: audited.walls, ufw: audited.ufw, machine: audited.host }, [asked]),
  });
}

function unclear({ door, comers }: Knocking, reach: Reach): Step {
  const [decision] = deciders(reach, comers, "drop");
  const what = `whether ${sayAddresses(comers)} gets through to ${formatEndpoint(door)} cannot be told: a rule tests more than the address`;
  return unknown("firewall", what, evidenceOf(decision));
}

function letIn({ door, comers }: Knocking, reach: Reach): Step {
  const inside = intersection(comers, reach.open);
  const others = without(comers, reach.perhaps);
  const past = meet(inside, reach.translated) ? ", led past the firewall to a container" : "";
  const but = isNobody(others) ? "" : `; ${sayAddresses(others)} would not`;
  const what = `${sayAddresses(inside)} gets through to ${formatEndpoint(door)}${past}${but}`;
  return passed("firewall", what, evidenceOf(deciders(reach, inside, "accept")[0]));
}

function evidenceOf(decision: Decision | undefined): Step["evidence"] {
  if (decision === undefined) return { source: "iptables-save; nft list ruleset", line: "" };
  const { rule, base } = decision;
  return { source: commandFor(rule?.place ?? base.chain.place), line: escapeControls(lineOf(decision)) };
}

/** What the step rests on: a program that is not installed has loaded no rules, one that may not look has told nothing. */
function unreadWall({ facts }: Audited): Step["evidence"] | undefined {
  for (const id of ["iptables-nft", "iptables-legacy", "nftables", "routes"]) {
    const read = reading(facts, id);
    if (read === undefined || isUntold(read)) return { source: read?.source ?? id, line: read?.failed ?? "not read" };
  }
  return undefined;
}

function isUntold({ id, failed }: Reading): boolean {
  if (failed === undefined) return false;
  return id === "routes" || isForbiddenWall(id, failed) || !failed.startsWith("exit ");
}

function isUnknown({ state }: Step): boolean {
  return state === "unknown";
}

function doorless(): Step {
  return passed("firewall", "it has no door to be kept from", { source: "ecluse check --show", line: "" });
}
