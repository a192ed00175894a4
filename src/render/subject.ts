/**
 * What everything is rendered from: the inventory, its policy, and the instant for which it holds.
 *
 * Rendering is pure: the same subject gives the same bytes. Who calls brings the hour, the date to print and the
 * inventory's version; nothing here reads a clock, a file or the machine.
 */
import { type Network, lastAddress } from "@ecluse/guard/address";
import type { Grant, Inventory, Machine, Source } from "../inventory/model.ts";
import type { Flow, Policy } from "../policy/policy.ts";

export interface Subject {
  readonly inventory: Inventory;
  readonly policy: Policy;
  /** Milliseconds since the epoch. A right that has ended by then is not rendered. */
  readonly at: number;
  /** `YYYY-MM-DD`: the date that a document bears. */
  readonly date: string;
  /** The inventory's version: SHA-256 of its files, in hex, as in `ecluse history`. */
  readonly version: string;
  /** The inventory's file, without its folder. */
  readonly file: string;
}

/** A right that holds at the subject's instant. */
export interface Right {
  readonly source: Source;
  /** Milliseconds since the epoch; absent: without end. */
  readonly until?: number;
  readonly reason?: string;
}

/** The rights among grants that have not ended, in the order they were written. A grant of an unknown source is none. */
export function rightsOf(grants: readonly Grant[], { inventory, at }: Subject): readonly Right[] {
  return grants.flatMap(({ source: name, until, reason }) => {
    const source = sourcesOf(inventory).get(name);
    if (source === undefined || (until !== undefined && until <= at)) return [];
    return [{ source, ...(until === undefined ? {} : { until }), ...(reason === undefined ? {} : { reason }) }];
  });
}

/** By name. One inventory is asked thousands of times. */
function sourcesOf(inventory: Inventory): ReadonlyMap<string, Source> {
  const known = SOURCES.get(inventory) ?? new Map(inventory.sources.map((source) => [source.name, source]));
  SOURCES.set(inventory, known);
  return known;
}

const SOURCES = new WeakMap<Inventory, ReadonlyMap<string, Source>>();

/** Whoever may connect to a flow: its balancers where it has any, for only they can; else those its rights name. */
export function comersOf(flow: Flow, subject: Subject): readonly Network[] {
  if (flow.kind === "relayed" && flow.acceptProxy !== undefined) {
    return merged(flow.acceptProxy.flatMap(({ networks }) => networks));
  }
  return networksOf(flow.grants, subject);
}

/** The networks that grants let in at the subject's instant: sorted, none twice, neighbours joined. */
export function networksOf(grants: readonly Grant[], subject: Subject): readonly Network[] {
  return merged(rightsOf(grants, subject).flatMap(({ source }) => source.networks));
}

/** The flows of a machine's services and of other programs that listen on its address. */
export function flowsOn({ address }: Machine, { policy }: Subject): readonly Flow[] {
  return policy.flows.filter(
    (flow) => flow.kind === "local" && flow.endpoints.some((each) => each.address === address),
  );
}

/** The same addresses in the fewest networks, ascending. */
export function merged(networks: readonly Network[]): readonly Network[] {
  const sorted = networks.toSorted((a, b) => a.address - b.address || a.prefix - b.prefix);
  const list: Network[] = [];
  for (const network of sorted) {
    const last = list.at(-1);
    if (last !== undefined && lastAddress(last) >= network.address) continue;
    list.push(network);
    joinLast(list);
  }
  return list;
}

/** Two halves of one network become it, as often as that happens. */
function joinLast(list: Network[]): void {
  for (;;) {
    const [left, right] = list.slice(-2);
    if (left === undefined || right === undefined || left.prefix !== right.prefix) return;
    const prefix = left.prefix - 1;
    const size = 2 ** (32 - prefix);
    if (left.address % size !== 0 || left.address + size / 2 !== right.address) return;
    list.splice(-2, 2, { address: left.address, prefix });
  }
}
