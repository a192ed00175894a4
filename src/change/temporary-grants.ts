/**
 * Rights that end by themselves: `grant technician depot22-tpe03 --for 2h --reason "Ticket 4711"`.
 *
 * They become grants of the inventory, with their end and reason, so that the policy, the checks and every document know
 * them as they know any other. Pure: who keeps them, and the clock, are elsewhere.
 */
import { type Network, formatNetwork, parseNetwork } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import { formatDuration } from "../inventory/duration.ts";
import type { Depot, GenericFlow, Grant, Inventory, Source, Terminal } from "../inventory/model.ts";
import { isProse } from "../inventory/names.ts";
import { nearest } from "../inventory/nearest.ts";
import { terminalId } from "../inventory/numbering.ts";
import { escapeControls, quote } from "../inventory/quote.ts";

export interface TemporaryGrant {
  /** `g1`, `g2`, ...: never given twice. */
  readonly id: string;
  /** A source of the inventory, or an address or network. */
  readonly source: string;
  /** Ids of flows that the gateway carries. */
  readonly flows: readonly string[];
  /** Milliseconds since the epoch; the right holds strictly before. */
  readonly until: number;
  readonly reason: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface TemporaryGrants {
  /** The number of the next grant. */
  readonly next: number;
  readonly list: readonly TemporaryGrant[];
}

export interface GrantRequest {
  readonly source: string;
  readonly flows: readonly string[];
  /** Milliseconds, from one second to 30 days. */
  readonly duration: number;
  readonly reason: string;
  readonly by: string;
}

/** A grant that is kept but not applied, or not wholly. */
export interface GrantAside {
  readonly grant: TemporaryGrant;
  /** The flows at which it does not hold. */
  readonly flows: readonly string[];
  readonly why: "no-such-source" | "no-such-flow";
}

export const NO_GRANTS: TemporaryGrants = { next: 1, list: [] };

const MOST_GRANTS = 1_000;
/** Rights, counted once for each flow: what a state file and a policy are made of. */
const MOST_RIGHTS = 100_000;
const SHORTEST = 1_000;
const LONGEST = 30 * 86_400_000;
/** As for sources of the inventory: nobody's own network is wider. */
const WIDEST = 8;
const LONGEST_NAME = 80;

/** The grants with one more, the last. Throws `usage` or `no-such-flow` where it cannot be given. */
export function addGrant(
  grants: TemporaryGrants,
  request: GrantRequest,
  { inventory, now }: { readonly inventory: Inventory; readonly now: number },
): TemporaryGrants {
  judgeRequest(request, inventory);
  const rights = grants.list.reduce((sum, { flows }) => sum + flows.length, request.flows.length);
  if (grants.list.length >= MOST_GRANTS || rights > MOST_RIGHTS) {
    throw refused(
      `${grants.list.length} grants are in force`,
      "revoke some first, or write the right into the inventory",
    );
  }
  const by = escapeControls(Array.from(request.by).slice(0, LONGEST_NAME).join(""));
  const { source, reason, duration } = request;
  const flows = [...new Set(request.flows)];
  const grant = { id: `g${grants.next}`, source, flows, until: now + duration, reason, by, at: now };
  return { next: grants.next + 1, list: [...grants.list, grant] };
}

/** The grants without one. Throws `usage` where there is none with that id. */
export function revokeGrant(grants: TemporaryGrants, id: string): TemporaryGrants {
  const list = grants.list.filter((grant) => grant.id !== id);
  if (list.length < grants.list.length) return { ...grants, list };
  const known = grants.list.map((grant) => grant.id).slice(0, 12);
  const hint = known.length === 0 ? "no temporary grant is in force" : `the grants are ${known.join(", ")}`;
  throw new EcluseError("usage", `Cannot revoke ${quote(id)}: there is no such grant`, { hint });
}

/** The grants that still hold at `now`; the same object where none has ended. */
export function withoutExpired(grants: TemporaryGrants, now: number): TemporaryGrants {
  const list = grants.list.filter(({ until }) => now < until);
  return list.length === grants.list.length ? grants : { ...grants, list };
}

/**
 * The inventory with the grants that hold at `now`. One whose source or flow the inventory does not have is left out:
 * `grantsAside` names it. What no grant touches stays the same object.
 */
export function withTemporaryGrants(inventory: Inventory, grants: readonly TemporaryGrant[], now: number): Inventory {
  // Mostly there are none, and then no list of thousands of ids is made in the middle of a change.
  if (grants.every(({ until }) => now >= until)) return inventory;
  const rights = rightsByFlow(inventory, grants, now);
  if (rights.size === 0) return inventory;
  const extended = <T extends Terminal | GenericFlow>(id: string, item: T): T => {
    const more = rights.get(id);
    return more === undefined ? item : { ...item, grants: [...item.grants, ...more] };
  };
  const depots = inventory.depots.map((depot): Depot => {
    const terminals = depot.terminals.map((terminal) => extended(idIn(depot, terminal), terminal));
    return terminals.some((each, index) => each !== depot.terminals[index]) ? { ...depot, terminals } : depot;
  });
  const flows = inventory.flows.map((flow) => extended(`flow/${flow.name}`, flow));
  return { ...inventory, depots, flows, sources: [...inventory.sources, ...literals(inventory, rights)] };
}

/** The grants, among those that hold at `now`, that this inventory cannot take, with the flows at which they do not hold. */
export function grantsAside(
  inventory: Inventory,
  grants: readonly TemporaryGrant[],
  now: number,
): readonly GrantAside[] {
  // Mostly there are none, and then no list of thousands of ids is made.
  if (grants.length === 0) return [];
  const ids = relayedIds(inventory);
  return grants.flatMap((grant): GrantAside[] => {
    if (now >= grant.until) return [];
    if (!sourceExists(inventory, grant.source)) return [{ grant, flows: grant.flows, why: "no-such-source" }];
    const flows = grant.flows.filter((flow) => !ids.has(flow));
    return flows.length === 0 ? [] : [{ grant, flows, why: "no-such-flow" }];
  });
}

function rightsByFlow(
  inventory: Inventory,
  grants: readonly TemporaryGrant[],
  now: number,
): ReadonlyMap<string, readonly Grant[]> {
  const ids = relayedIds(inventory);
  const rights = new Map<string, Grant[]>();
  for (const { source, flows, until, reason } of grants) {
    if (now >= until || !sourceExists(inventory, source)) continue;
    for (const flow of flows.filter((each) => ids.has(each))) {
      const list = rights.get(flow) ?? [];
      rights.set(flow, [...list, { source, until, reason }]);
    }
  }
  return rights;
}

/** Addresses and networks that were named directly become sources under their own text, which no declared name can be. */
function literals(inventory: Inventory, rights: ReadonlyMap<string, readonly Grant[]>): readonly Source[] {
  const known = new Set(inventory.sources.map(({ name }) => name));
  const used = new Set([...rights.values()].flat().map(({ source }) => source));
  return [...used].flatMap((name) => {
    const network = known.has(name) ? undefined : literal(name);
    return network === undefined ? [] : [{ name, networks: [network], reason: "temporary grant" }];
  });
}

function sourceExists(inventory: Inventory, source: string): boolean {
  return inventory.sources.some(({ name }) => name === source) || literal(source) !== undefined;
}

/** Exactly as `formatNetwork` writes it, so that one network is one source. */
function literal(text: string): Network | undefined {
  const network = parseNetwork(text);
  return "kind" in network || formatNetwork(network) !== text ? undefined : network;
}

/** A service's own machine lets in by itself: a right that the gateway added there would not be true. */
function relayedIds(inventory: Inventory): ReadonlySet<string> {
  return new Set([
    ...inventory.depots.flatMap((depot) => depot.terminals.map((terminal) => idIn(depot, terminal))),
    ...inventory.flows.flatMap((flow) => (flow.target === undefined ? [] : [`flow/${flow.name}`])),
  ]);
}

function idIn(depot: Depot, terminal: Terminal): string {
  return terminalId({ depot: depot.number, terminal: terminal.number });
}

function judgeRequest({ source, flows, duration, reason }: GrantRequest, inventory: Inventory): void {
  judgeSource(source, inventory);
  const ids = relayedIds(inventory);
  const missing = flows.find((flow) => !ids.has(flow));
  if (flows.length === 0 || missing !== undefined) {
    const what = missing === undefined ? "no flow is named" : `${quote(missing)} is no flow that the gateway carries`;
    const hint = "name terminals or relayed flows of the inventory in force; a service's machine lets in by itself";
    throw new EcluseError("no-such-flow", `Cannot grant: ${what}`, { hint });
  }
  if (!Number.isInteger(duration) || duration < SHORTEST || duration > LONGEST) {
    const range = `from ${formatDuration(SHORTEST)} to ${formatDuration(LONGEST)}`;
    throw refused("its duration is out of bounds", `write a duration ${range}, as in --for 2h`);
  }
  if (!isProse(reason)) {
    throw refused("its reason cannot go into documents", 'give one in plain text, as in --reason "Ticket 4711"');
  }
}

function judgeSource(source: string, { sources }: Inventory): void {
  if (source === "any") throw refused("`any` is everyone", "name who shall come: a source, an address or a network");
  if (sources.some(({ name }) => name === source)) return;
  const network = literal(source);
  if (network !== undefined && network.prefix >= WIDEST) return;
  if (network !== undefined) throw refused(`${quote(source)} is very wide`, "name the network that really comes");
  const names = sources.map(({ name }) => name);
  const same = nearest(source, names);
  const hint =
    same === undefined ? `the sources are ${names.slice(0, 12).map(quote).join(", ")}` : `did you mean ${same}?`;
  throw refused(`${quote(source)} is neither a source of the inventory nor an address or network`, hint);
}

function refused(why: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot grant: ${why}`, { hint });
}
