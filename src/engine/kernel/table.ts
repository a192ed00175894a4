/**
 * Policy -> what the kernel holds for it: sets, maps and gates of one nftables table, as plain data.
 *
 * A door leads to a gate, a chain that asks whether the source is in the sets of its entrances. Gates and sets are named
 * after what they say: those that say the same are one, however many flows share them, and none is ever changed. A change
 * of the policy makes the few that are new, turns doors to them, and takes away those that nobody needs any more.
 */
import { createHash } from "node:crypto";
import { type Ipv4, formatAddress } from "@ecluse/guard/address";
import type { Endpoint, Limits } from "../../inventory/model.ts";
import type { Gate } from "../../policy/gate.ts";
import type { Door, Policy, RelayedFlow } from "../../policy/policy.ts";
import { entrancesOf } from "./entrances.ts";

/** Family and name. */
export const TABLE = "ip ecluse";

export interface Table {
  /** Sets of plain addresses, by name: `from_1a2b3c`. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** Chains of rules, by name: `gate_4d5e6f`. */
  readonly gates: ReadonlyMap<string, readonly string[]>;
  /** Public endpoint -> its gate. Endpoints are written `198.51.100.10 . 10101`. */
  readonly doors: ReadonlyMap<string, string>;
  /** Public endpoint -> target. One that has no door is closed: it refuses everyone. */
  readonly targets: ReadonlyMap<string, string>;
  /** The targets themselves, each with the sessions that it takes at once; Infinity: no limit. */
  readonly terminals: ReadonlyMap<string, number>;
  readonly limits: Limits;
}

/** Nothing in it: no door, no target. */
export function emptyTable(limits: Limits): Table {
  const none = new Map<string, never>();
  return { sources: none, gates: none, doors: none, targets: none, terminals: none, limits };
}

export function tableOf(policy: Policy): Table {
  const gates = new Gates();
  const doors = new Map<string, string>();
  const targets = new Map<string, string>();
  const terminals = new Map<string, number>();
  for (const door of policy.doors.values()) {
    const { flow } = door;
    const { endpoint, target } = placesOf(door);
    targets.set(endpoint, target);
    terminals.set(target, Math.min(flow.sessions ?? Infinity, terminals.get(target) ?? Infinity));
    if (isOpen(flow)) doors.set(endpoint, gates.nameOf(flow.gate));
  }
  return { sources: gates.sources, gates: gates.rules, doors, targets, terminals, limits: policy.limits };
}

/** A policy keeps the doors of the one before that are the same: thousands need not be written anew for one. */
const PLACES = new WeakMap<Door, { readonly endpoint: string; readonly target: string }>();

function placesOf(door: Door): { readonly endpoint: string; readonly target: string } {
  const known = PLACES.get(door);
  if (known !== undefined) return known;
  const places = { endpoint: written(door.endpoint), target: written(door.flow.target) };
  PLACES.set(door, places);
  return places;
}

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
  readonly #seen = new Set<Gate>();

  nameOf(gate: Gate): string {
    const chain = KNOWN.get(gate) ?? chainOf(gate);
    KNOWN.set(gate, chain);
    if (!this.#seen.has(gate)) {
      this.#seen.add(gate);
      this.rules.set(chain.name, chain.rules);
      for (const [name, ranges] of chain.sources) this.sources.set(name, ranges);
    }
    return chain.name;
  }
}

function chainOf(gate: Gate): Chain {
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
