/**
 * Policy -> what the kernel holds for it: sets, maps and gates of one nftables table, as plain data.
 *
 * A door leads to a gate, a chain that asks whether the source is in the sets of its entrances. Gates and sets are named
 * after what they say: those that say the same are one, however many flows share them, and none is ever changed. A change
 * of the policy makes the few that are new, turns doors to them, and takes away those that nobody needs any more.
 */
import { createHash } from "node:crypto";
import { type Ipv4, formatAddress } from "@ecluse/guard/address";
import type { Endpoint, Limits } from "../../../inventory/model.ts";
import type { Gate } from "../../../policy/gate.ts";
import { PiecedMap } from "../../../policy/pieced-map.ts";
import { type Door, type Doors, NO_DOORS, type Policy, type RelayedFlow, endpointKey } from "../../../policy/policy.ts";
import { entrancesOf } from "../entrances.ts";

/** Family and name. */
export const TABLE = "ip ecluse";

export interface Table {
  /** Every endpoint that is ours: the policy's own doors, so that what two tables share is seen at once. */
  readonly doors: Doors;
  /** Nobody new enters anywhere. */
  readonly isShut: boolean;
  /** Sets of plain addresses, by name: `from_1a2b3c`. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** Chains of rules, by name: `gate_4d5e6f`. */
  readonly gates: ReadonlyMap<string, readonly string[]>;
  /** Where the doors lead, by `endpointKey`, each with those that lead there. */
  readonly terminals: Terminals;
  readonly limits: Limits;
}

type Terminals = PiecedMap<readonly Door[]>;

/** Neighbouring addresses lie in one piece, whatever their ports. */
const NO_TERMINALS: Terminals = PiecedMap.empty(128 * 65_536);

/** `before` changes nothing of what it says: what that one has of the same doors is taken over. */
export function tableOf({ doors, limits }: Policy, before?: Pick<Table, "doors" | "terminals">): Table {
  const gates = new Gates();
  for (const piece of doors.pieces.values()) for (const gate of gatesIn(piece)) gates.add(gate);
  const terminals = terminalsOf(doors, before ?? { doors: NO_DOORS, terminals: NO_TERMINALS });
  return { doors, isShut: false, sources: gates.sources, gates: gates.rules, terminals, limits };
}

/** Sessions that a terminal takes at once, by its `endpointKey`; Infinity: no limit. Absent: no door leads there. */
export function placesAt({ terminals }: Pick<Table, "terminals">, target: number): number | undefined {
  const doors = terminals.get(target);
  return doors && Math.min(...doors.map(({ flow }) => flow.sessions ?? Infinity));
}

function terminalsOf(doors: Doors, before: Pick<Table, "doors" | "terminals">): Terminals {
  const changed = new Map<number, Door[]>();
  const leadingTo = (target: number): Door[] => {
    const its = changed.get(target) ?? [...(before.terminals.get(target) ?? [])];
    changed.set(target, its);
    return its;
  };
  for (const { was, is } of doors.changesSince(before.doors)) {
    if (was !== undefined) {
      const others = leadingTo(targetOf(was)).filter((door) => door !== was);
      changed.set(targetOf(was), others);
    }
    if (is !== undefined) leadingTo(targetOf(is)).push(is);
  }
  return before.terminals.with(Array.from(changed, ([target, its]) => [target, its.length === 0 ? undefined : its]));
}

function targetOf({ flow: { target } }: Door): number {
  return endpointKey(target.address, target.port);
}

/** All its endpoints refuse. */
export function shut(table: Table): Table {
  return { ...table, isShut: true, gates: new Map(), sources: new Map() };
}

/** The gate that a door leads to; absent: it is closed, and refuses everyone. */
export function gateOf({ isShut }: Table, { flow }: Door): string | undefined {
  return isShut || !isOpen(flow) ? undefined : chainOf(flow.gate).name;
}

/** As the table has it: `198.51.100.10 . 10101`. */
export function written({ address, port }: Endpoint): string {
  return `${formatAddress(address)} . ${port}`;
}

/** Whom a balancer speaks for the kernel cannot hear: then nobody enters. */
function isOpen({ standing, acceptProxy }: RelayedFlow): boolean {
  return standing === undefined && acceptProxy === undefined;
}

/** A gate's chain is worked out once, however many flows share it; and once for all policies that do. */
const KNOWN = new WeakMap<Gate, Chain>();

interface Chain {
  readonly name: string;
  readonly rules: readonly string[];
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

class Gates {
  readonly sources = new Map<string, readonly string[]>();
  readonly rules = new Map<string, readonly string[]>();

  add(gate: Gate): void {
    const { name, rules, sources } = chainOf(gate);
    this.rules.set(name, rules);
    for (const [set, addresses] of sources) this.sources.set(set, addresses);
  }
}

/** Those of doors that somebody may enter by; known by the piece, which most policies share. */
function gatesIn(piece: ReadonlyMap<number, Door>): ReadonlySet<Gate> {
  const known = GATES.get(piece);
  if (known !== undefined) return known;
  const gates = new Set<Gate>();
  for (const { flow } of piece.values()) if (isOpen(flow)) gates.add(flow.gate);
  GATES.set(piece, gates);
  return gates;
}

const GATES = new WeakMap<ReadonlyMap<number, Door>, ReadonlySet<Gate>>();

function chainOf(gate: Gate): Chain {
  const known = KNOWN.get(gate);
  if (known !== undefined) return known;
  const chain = newChain(gate);
  KNOWN.set(gate, chain);
  return chain;
}

function newChain(gate: Gate): Chain {
  const sources = new Map<string, readonly string[]>();
  const rules = entrancesOf(gate).map(({ prefix, addresses, until }) => {
    const name = `from_${digest(addresses)}`;
    if (prefix > 0) sources.set(name, addresses);
    const network = prefix === 32 ? "" : ` & ${formatAddress(maskOf(prefix))}`;
    const source = prefix === 0 ? "" : `ip saddr${network} @${name} `;
    return `${source}${until === undefined ? "" : `meta time < ${Math.floor(until / 1_000)} `}goto entered`;
  });
  return { name: `gate_${digest(rules)}`, rules, sources };
}

function maskOf(prefix: number): Ipv4 {
  return ((0xffffffff << (32 - prefix)) >>> 0) as Ipv4;
}

/** 80 bits: that two sets out of thousands meet by accident is out of the question. */
function digest(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 20);
}
