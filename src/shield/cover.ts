/**
 * A policy as the kernel is to know it: sets of addresses, lists of such sets, and which list judges which door.
 *
 * A source stands once, however many doors it may enter, so that one terminal more is one element more. Only what holds at
 * the instant given is in it, and of a flow that is entered through balancers, the balancers: theirs are the addresses that
 * the kernel sees. Pure: names follow from what they name, so that two processes give the same names.
 */
import { createHash } from "node:crypto";
import type { Balancer, Policy, RelayedFlow } from "../policy/policy.ts";
import type { Gate } from "../policy/gate.ts";
import { type Ranges, rangesOf, same, union } from "./ranges.ts";

export interface Cover {
  /** By the names of their sets. */
  readonly comers: ReadonlyMap<string, Comers>;
  /** Names of sets, by the name of the chain that looks into them. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** By `endpointKey`: the name of the chain that judges who comes. */
  readonly doors: ReadonlyMap<number, string>;
}

/** Addresses that may come for one and the same reason. */
export interface Comers {
  readonly ranges: Ranges;
  /** Milliseconds since the epoch; absent: no end. */
  readonly until?: number;
}

/** The chain of a door that nobody may enter. */
export const REFUSE = "refuse";

export const NOTHING: Cover = { comers: new Map(), lists: new Map(), doors: new Map() };

export function coverOf(policy: Policy, now: number): Cover {
  const building = new Building(now);
  for (const [key, { flow }] of policy.doors) building.door(key, flow);
  return building;
}

/** Lets in whom one of both lets in; a door that only one of them knows is judged as that one does. */
export function widest(a: Cover, b: Cover): Cover {
  // Most changes only add, or only take away.
  if (holdsAll(b, a)) return b;
  if (holdsAll(a, b)) return a;
  const comers = new Map(a.comers);
  for (const [name, theirs] of b.comers) {
    const ours = comers.get(name);
    comers.set(name, ours === undefined ? theirs : { ...theirs, ranges: union(ours.ranges, theirs.ranges) });
  }
  const lists = new Map([...a.lists, ...b.lists]);
  const doors = new Map([...a.doors, ...b.doors]);
  for (const [key, list] of a.doors) {
    const other = b.doors.get(key);
    if (other !== undefined && other !== list) doors.set(key, both(lists, list, other));
  }
  return { comers, lists, doors };
}

/** Whether all that is in `b` is in `a`, under the same names. */
function holdsAll(a: Cover, b: Cover): boolean {
  for (const [key, list] of b.doors) if (a.doors.get(key) !== list) return false;
  for (const [name, { ranges }] of b.comers) {
    const ours = a.comers.get(name)?.ranges;
    if (ours === undefined || !same(union(ours, ranges), ours)) return false;
  }
  return true;
}

function both(lists: Map<string, readonly string[]>, a: string, b: string): string {
  return listed(lists, [...(lists.get(a) ?? []), ...(lists.get(b) ?? [])]);
}

/** The chain for these sets; none for none. */
function listed(lists: Map<string, readonly string[]>, names: Iterable<string>): string {
  const sorted = [...new Set(names)].sort();
  if (sorted.length === 0) return REFUSE;
  const list = `list-${digest(sorted.join())}`;
  lists.set(list, sorted);
  return list;
}

class Building implements Cover {
  readonly comers = new Map<string, Comers>();
  readonly lists = new Map<string, readonly string[]>();
  readonly doors = new Map<number, string>();
  readonly #now: number;
  /** Thousands of doors share a handful of gates. */
  readonly #ofGate = new Map<Gate, string>();

  constructor(now: number) {
    this.#now = now;
  }

  door(key: number, flow: RelayedFlow): void {
    this.doors.set(key, this.#listOf(flow));
  }

  #listOf({ standing, acceptProxy, gate }: RelayedFlow): string {
    if (standing !== undefined) return REFUSE;
    if (acceptProxy !== undefined)
      return listed(
        this.lists,
        acceptProxy.map((each) => this.#balancer(each)),
      );
    const known = this.#ofGate.get(gate) ?? listed(this.lists, this.#guestsOf(gate));
    this.#ofGate.set(gate, known);
    return known;
  }

  #balancer({ name, networks }: Balancer): string {
    return this.#set(name, undefined, () => rangesOf(networks));
  }

  #guestsOf(gate: Gate): readonly string[] {
    const grants = new Map(gate.answers.flat().map(({ grant }) => [nameOf(grant.source, grant.until), grant] as const));
    const valid = [...grants.values()].filter(({ until }) => until === undefined || until > this.#now);
    return valid.map(({ source, until }) => this.#set(source, until, () => rangesFor(gate, source, until)));
  }

  #set(source: string, until: number | undefined, ranges: () => Ranges): string {
    const name = nameOf(source, until);
    if (!this.comers.has(name)) this.comers.set(name, { ranges: ranges(), ...(until === undefined ? {} : { until }) });
    return name;
  }
}

/** By gate and name: a policy keeps the gates of the one before it that are as they were. */
const known = new WeakMap<Gate, Map<string, Ranges>>();

function rangesFor(gate: Gate, source: string, until: number | undefined): Ranges {
  const ofGate = known.get(gate) ?? new Map<string, Ranges>();
  known.set(gate, ofGate);
  const name = nameOf(source, until);
  const ranges = ofGate.get(name) ?? rangesIn(gate, (grant) => grant.source === source && grant.until === until);
  ofGate.set(name, ranges);
  return ranges;
}

type Grant = Gate["answers"][number][number]["grant"];

const NOT_YET = -1;

function rangesIn({ starts, answerOf, answers }: Gate, isMeant: (grant: Grant) => boolean): Ranges {
  const meant = answers.map((permits) => permits.some(({ grant }) => isMeant(grant)));
  const bounds: number[] = [];
  let first = NOT_YET;
  for (let index = 0; index <= starts.length; index += 1) {
    const isIn = index < starts.length && meant[answerOf[index] ?? 0] === true;
    const at = starts[index] ?? 2 ** 32;
    if (isIn && first === NOT_YET) first = at;
    if (isIn || first === NOT_YET) continue;
    bounds.push(first, at - 1);
    first = NOT_YET;
  }
  return Uint32Array.from(bounds);
}

/** A source's name, as far as nft takes it, and what makes the name unlike any other. */
function nameOf(source: string, until: number | undefined): string {
  const plain = source
    .normalize("NFD")
    .replaceAll(/[^A-Za-z0-9]+/g, "")
    .slice(0, 24);
  return `from-${plain}-${digest(JSON.stringify([source, until]))}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
