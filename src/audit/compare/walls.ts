/**
 * Open to whom, really: for each door, who gets through the firewalls to the program behind, against whom the inventory
 * lets in.
 *
 * A program that judges by itself may stand behind a wide wall, or behind none; one that does not has only the wall.
 */
import { escapeControls } from "../../inventory/quote.ts";
import { type Audited, finding } from "../audited.ts";
import type { AuditCode } from "../catalogue.ts";
import type { AuditFinding, Evidence } from "../finding.ts";
import { publisherOf } from "../parse/docker.ts";
import {
  type AddressSet,
  NOBODY,
  intersection,
  isNobody,
  meet,
  sayAddresses,
  sizeOf,
  union,
  without,
} from "../wall/address-set.ts";
import { commandFor, deciders, lineOf, unclear } from "../wall/deciders.ts";
import { type Naming, formatElement, namedElements, setsNaming } from "../wall/elements.ts";
import { type Reach, isWalled, reachOf } from "../wall/host-walls.ts";
import { type Mending, closing, opening } from "../wall/mending.ts";
import type { Decision } from "../wall/walk.ts";
import { type GuardedDoor, guardedDoors } from "./guarded-doors.ts";
import { removing } from "./listener-fixes.ts";
import { evidenceIn, judgeIn, placesFor } from "./nginx-filter.ts";
import { sshDoors } from "./ssh-doors.ts";
import { strayDoors } from "./stray-doors.ts";

/** One thing that is wrong at one door. */
export interface Gap {
  readonly code: AuditCode;
  readonly door: GuardedDoor;
  readonly sources: AddressSet;
  /** What let them in, or kept them out. */
  readonly deciders: readonly Decision[];
}

/**
 * Rules that are there and were kept from the reader: of walls that nobody saw, nothing is said. Without a right to them,
 * or, in a unit whose RestrictAddressFamilies= leaves out AF_NETLINK, without a way to ask (EAFNOSUPPORT).
 */
export function isForbiddenWall(id: string, failed: string | undefined): boolean {
  const isWall = id.startsWith("iptables") || id === "nftables";
  return isWall && /permission denied|not permitted|must be root|address family not supported/i.test(failed ?? "");
}

export function compareWalls(audited: Audited): readonly AuditFinding[] {
  if (audited.facts.readings.some(({ id, failed }) => isForbiddenWall(id, failed))) return [];
  const mending: Mending = { host: audited.walls, ufw: audited.ufw, machine: audited.host };
  const gaps = [
    ...guardedDoors(audited).flatMap((door) => gapsAt(audited, door)),
    ...sshDoors(audited).flatMap((door) => sshGaps(audited, door)),
    ...strayDoors(audited).flatMap((door) =>
      gapsAt(audited, door).filter(({ code }) => code === "docker-bypasses-firewall"),
    ),
  ];
  // One rule may open a thousand doors: it is one thing to mend.
  const groups = Map.groupBy(gaps, ({ code, door, sources, deciders }) =>
    [code, sources.bounds.join(), ...deciders.map(lineOf), ...(door.nginx === undefined ? [] : [door.id])].join("\n"),
  );
  return [...groups.values()].map((group) => findingOf(audited, group, mending));
}

function gapsAt(audited: Audited, door: GuardedDoor): readonly Gap[] {
  const reach = reachOf(audited.walls, door.endpoint);
  return [...tooMany(audited, door, reach), ...tooFew(door, reach, "allowed-but-blocked")];
}

/** Who gets through, and is not of the inventory: as far as the program, or only as far as its refusal. */
function tooMany(audited: Audited, door: GuardedDoor, reach: Reach): readonly Gap[] {
  const { allowed, judged } = door;
  const rightly = union(allowed, audited.walls.ways.own);
  // What is led to a container never meets the program of this host.
  const behind = (set: AddressSet): AddressSet => union(intersection(set, judged), intersection(set, reach.translated));
  const others = without(behind(reach.open), rightly);
  const gap = (code: AuditCode, sources: AddressSet): readonly Gap[] =>
    isNobody(sources) ? [] : [{ code, door, sources, deciders: decidersOf(code, reach, sources) }];
  if (!isNobody(others)) {
    return gap(meet(others, reach.translated) ? "docker-bypasses-firewall" : "open-to-others", others);
  }
  const perhaps = without(behind(reach.perhaps), rightly);
  if (!isNobody(perhaps)) return gap("wall-unclear", perhaps);
  if (!isWalled(audited.walls, door.endpoint)) return [];
  const wider = gap("wall-is-wider", without(reach.open, rightly));
  return wider.map((each) => (isTailscale(each) ? { ...each, code: "tailscale-bypasses-firewall" } : each));
}

function tooFew(door: GuardedDoor, reach: Reach, code: AuditCode): readonly Gap[] {
  const blocked = without(door.allowed, reach.perhaps);
  if (!isNobody(blocked)) return [{ code, door, sources: blocked, deciders: deciders(reach, blocked, "drop") }];
  const unsure = without(intersection(door.allowed, reach.perhaps), reach.open);
  if (isNobody(unsure)) return [];
  return [{ code: "wall-unclear", door, sources: unsure, deciders: unclear(reach, unsure) }];
}

function sshGaps(audited: Audited, door: GuardedDoor): readonly Gap[] {
  const reach = reachOf(audited.walls, door.endpoint);
  const others = door.held ? without(reach.open, union(door.allowed, audited.walls.ways.own)) : NOBODY;
  const open: readonly Gap[] = isNobody(others)
    ? []
    : [{ code: "ssh-open-to-all", door, sources: others, deciders: deciders(reach, others, "accept") }];
  return [...open, ...tooFew(door, reach, "ssh-not-allowed")];
}

function decidersOf(code: AuditCode, reach: Reach, sources: AddressSet): readonly Decision[] {
  return code === "wall-unclear" ? unclear(reach, sources) : deciders(reach, sources, "accept");
}

function isTailscale({ deciders: [first, ...more] }: Gap): boolean {
  return first?.rule?.place.chain.startsWith("ts-") === true && more.length === 0;
}

function findingOf(audited: Audited, group: readonly Gap[], mending: Mending): AuditFinding {
  const [gap] = group;
  if (gap === undefined) throw new TypeError("a group has a gap");
  const { code, sources, door } = gap;
  const places = code === "open-to-others" ? placesFor(door.nginx ?? [], sources) : [];
  return finding(audited, code, {
    ...(group.length === 1 ? { flow: door.id } : {}),
    message: `${namesOf(group)}: ${whoOf(audited, sources)} ${SAID[code] ?? ""}${containerNote(audited, gap)}`,
    evidence: places.length > 0 ? evidenceIn(places) : evidenceOf(audited, gap),
    fix: places.length > 0 ? judgeIn(places, door) : fixOf(audited, group, mending),
  });
}

/** Of most of the world, the host's own addresses are no exception worth a word. */
function whoOf({ walls }: Audited, sources: AddressSet): string {
  return sayAddresses(sizeOf(sources) > 2 ** 31 ? union(sources, walls.ways.own) : sources);
}

const SAID: Partial<Readonly<Record<AuditCode, string>>> = {
  "open-to-others": "can connect, and nothing behind the firewall refuses them; the inventory does not name them",
  "docker-bypasses-firewall": "can connect: the port is translated before the firewall of this host sees it",
  "allowed-but-blocked": "may come by the inventory, and the firewall keeps them out",
  "wall-is-wider": "get through the firewall, and only the program behind refuses them",
  "tailscale-bypasses-firewall":
    "get through by Tailscale's own rule, before the firewall, and only the program behind refuses them",
  "wall-unclear": "may or may not get through: a rule tests what cannot be told from here",
  "ssh-not-allowed": "may use SSH by the inventory, and the firewall keeps them out",
  "ssh-open-to-all": "reach SSH, and the inventory does not name them",
};

/** Most doors that a message names. */
const NAMED = 3;

function namesOf(group: readonly Gap[]): string {
  const ids = [...new Set(group.map(({ door }) => door.id))];
  const named = ids.slice(0, NAMED).join(", ");
  return ids.length > NAMED ? `${named} and ${ids.length - NAMED} more` : named;
}

function containerNote({ facts }: Audited, { code, door }: Gap): string {
  const container = code === "docker-bypasses-firewall" ? publisherOf(facts, door.endpoint.port) : undefined;
  return container === undefined ? "" : `; it is published by the container ${escapeControls(container)}`;
}

function evidenceOf({ walls }: Audited, { code, deciders: decisions, door, sources }: Gap): Evidence {
  const isBlocked = code === "allowed-but-blocked" || code === "ssh-not-allowed";
  const named = isBlocked ? [] : setsNaming(walls.rules, door.endpoint.port, sources);
  const rules = named.map(({ rule }) => rule);
  const others = decisions.filter(({ rule }) => (rule === undefined ? rules.length === 0 : !rules.includes(rule)));
  const place = (rules[0] ?? others[0]?.rule)?.place ?? others[0]?.base.chain.place;
  if (place === undefined) return { source: "iptables-save; nft list ruleset", line: "" };
  return {
    source: commandFor(place),
    line: [...named.map((each) => shown(each, door, sources)), ...others.map(lineOf)].join("\n"),
  };
}

/** The rule, and the elements of its set that decide. */
function shown({ rule, set }: Naming, { endpoint }: GuardedDoor, sources: AddressSet): string {
  const held = namedElements(set, endpoint.port, sources).slice(0, NAMED);
  return [rule.line, ...held.map(({ element }) => `${set.set ?? ""}: ${formatElement(set.fields, element)}`)].join(
    "\n",
  );
}

function fixOf(audited: Audited, group: readonly Gap[], mending: Mending): string {
  const doors = group.map(({ door: { endpoint, allowed }, sources }) => ({ endpoint, allowed, sources }));
  const [first] = group;
  if (first === undefined) return "";
  if (first.code === "wall-unclear") return "read the rule; if it is not needed: " + unsureUndo(first);
  const isBlocked = first.code === "allowed-but-blocked" || first.code === "ssh-not-allowed";
  if (isBlocked) return opening(mending, doors);
  if (first.code !== "docker-bypasses-firewall" || isHole(first)) return closing(mending, doors);
  return unpublishing(audited, group);
}

/** What is published is judged in DOCKER-USER, but for one rule. */
function isHole({ deciders: decisions }: Gap): boolean {
  return decisions.some(({ rule }) => rule?.place.chain === "DOCKER-USER" && rule.action.kind === "accept");
}

function unsureUndo({ deciders: [first] }: Gap): string {
  return first?.rule?.undo ?? "";
}

/** The container goes; where none is known to publish the port, the rule. */
function unpublishing({ facts }: Audited, group: readonly Gap[]): string {
  const commands = group.flatMap(({ door, deciders: decisions }) => {
    const container = publisherOf(facts, door.endpoint.port);
    if (container !== undefined) return [removing(container)];
    return decisions.flatMap(({ rule }) => (rule?.action.kind === "translate" ? [rule.undo] : []));
  });
  return [...new Set(commands)].join(" && ");
}
