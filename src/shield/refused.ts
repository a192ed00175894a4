/** Whom the kernel has refused, as nft lists it: who came since the last look, at which door, how often. */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { NftObject } from "../netfilter/nft.ts";

/** Connections that were refused since the last look. */
export interface Refused {
  /** Absent: what found no room in the set, from wherever. */
  readonly from?: { readonly source: Ipv4; readonly endpoint: Endpoint };
  readonly count: number;
}

/**
 * Tells what is new from counters that only grow. One that has become less is another one: its element had been silent for
 * longer than the set keeps it.
 */
export class RefusedSince {
  #counted = new Map<string, number>();
  #told = 0;

  /** How many were told in all. */
  get told(): number {
    return this.#told;
  }

  /** Whether an element is remembered, which the set may forget. */
  get remembers(): boolean {
    return this.#counted.size > 0;
  }

  /** `inAll` must have been read before `bySource`: of one connection, both are counted, in that order. */
  take(inAll: number, bySource: readonly Counted[]): readonly Refused[] {
    const rows: Refused[] = [];
    const counted = new Map<string, number>();
    for (const { key, packets, ...from } of bySource) {
      const before = this.#counted.get(key) ?? 0;
      counted.set(key, packets);
      const count = packets < before ? packets : packets - before;
      if (count > 0) rows.push({ from, count });
    }
    this.#counted = counted;
    this.#told += rows.reduce((sum, { count }) => sum + count, 0);
    const rest = inAll - this.#told;
    if (rest <= 0) return rows;
    this.#told = inAll;
    return [...rows, { count: rest }];
  }
}

/** One element of the set. */
export interface Counted {
  readonly key: string;
  readonly source: Ipv4;
  readonly endpoint: Endpoint;
  readonly packets: number;
}

/** All that were refused, of the set that counts them. */
export interface Total {
  readonly packets: number;
  /** Whole seconds until the element ends; absent: there is none, or it has no end. */
  readonly left?: number;
}

/** As `nft -j list set` has it: libnftables-json(5). */
interface Listed {
  readonly set?: { readonly elem?: readonly { readonly elem: ListedElement }[] };
}

interface ListedElement {
  readonly val: string | { readonly concat: readonly [string, string, number] };
  readonly expires?: number;
  readonly counter?: { readonly packets: number };
}

export function totalIn(objects: readonly NftObject[]): Total {
  const [{ expires, counter } = { expires: undefined, counter: undefined }] = elementsIn(objects);
  return { packets: counter?.packets ?? 0, ...(expires === undefined ? {} : { left: expires }) };
}

export function countedIn(objects: readonly NftObject[]): readonly Counted[] {
  return elementsIn(objects).flatMap(({ val, counter }) => {
    if (typeof val === "string") return [];
    const [from, to, port] = val.concat;
    const [source, address] = [parseAddress(from), parseAddress(to)];
    if (source === undefined || address === undefined) return [];
    return [{ key: val.concat.join(), source, endpoint: { address, port }, packets: counter?.packets ?? 0 }];
  });
}

function elementsIn(objects: readonly NftObject[]): readonly ListedElement[] {
  return (objects as readonly Listed[]).flatMap(({ set }) => set?.elem ?? []).map(({ elem }) => elem);
}
