/** What stands in the table's sets and maps, an element each: as data, as words of a script, and as the kernel is told it. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../../../inventory/model.ts";
import type { Key, NewElement } from "../../../netfilter/netlink/set-change-message.ts";
import type { Door } from "../../../policy/policy.ts";
import { type Table, gateOf, placesAt, written } from "./table.ts";

export interface TableElement {
  readonly at: Endpoint;
  /** A terminal, or the gate that is asked. */
  readonly leadsTo?: Endpoint | string;
  /** Sessions that it takes at once. */
  readonly most?: number;
  /** Seconds until it ends by itself. */
  readonly timeout?: number;
}

/** Absent: nobody enters there. A gate is left again by whom it does not let in. */
export function doorElement(table: Table, door: Door): TableElement | undefined {
  const gate = gateOf(table, door);
  return gate === undefined ? undefined : { at: door.endpoint, leadsTo: gate };
}

export function targetElement({ endpoint, flow }: Door): TableElement {
  return { at: endpoint, leadsTo: flow.target };
}

/** `target`: its `endpointKey`. Absent: no door leads there. */
export function terminalElement({ terminals }: Table, target: number): TableElement | undefined {
  return terminals.has(target) ? { at: endpointOf(target) } : undefined;
}

/** Absent: it takes as many as come. */
export function fullElement(table: Table, target: number): TableElement | undefined {
  const most = placesAt(table, target) ?? Infinity;
  return most === Infinity ? undefined : { at: endpointOf(target), most };
}

/** Of an `endpointKey`. */
export function endpointOf(key: number): Endpoint {
  return { address: Math.floor(key / 65_536) as Ipv4, port: key % 65_536 };
}

/** `198.51.100.10 . 10101 : jump gate_4d5e6f`. */
export function elementText({ at, leadsTo, most, timeout }: TableElement): string {
  const leads = leadsTo === undefined ? "" : ` : ${typeof leadsTo === "string" ? `jump ${leadsTo}` : written(leadsTo)}`;
  const count = most === undefined ? "" : ` ct count over ${most}`;
  return `${written(at)}${timeout === undefined ? "" : ` timeout ${timeout}s`}${count}${leads}`;
}

export function newElement({ at, leadsTo, most, timeout }: TableElement): NewElement {
  return {
    key: keyOf(at),
    ...(leadsTo === undefined ? {} : { leadsTo: typeof leadsTo === "string" ? leadsTo : keyOf(leadsTo) }),
    ...(most === undefined ? {} : { most }),
    ...(timeout === undefined ? {} : { timeout: timeout * 1_000 }),
  };
}

/** `ipv4_addr . inet_service`: a word each. */
export function keyOf({ address, port }: Endpoint): Key {
  return [address, port * 65_536];
}
