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

/** As `nft -j list set` and `nft -j list counter` have them: libnftables-json(5). */
interface Listed {
  readonly counter?: { readonly packets: number };
  readonly set?: { readonly elem?: readonly ListedElement[] };
}

interface ListedElement {
  readonly elem: {
    readonly val: { readonly concat: readonly [string, string, number] };
    readonly counter?: { readonly packets: number };
  };
}

export function packetsIn(objects: readonly NftObject[]): number {
  return (objects as readonly Listed[]).find(({ counter }) => counter !== undefined)?.counter?.packets ?? 0;
}

export function countedIn(objects: readonly NftObject[]): readonly Counted[] {
  const elements = (objects as readonly Listed[]).flatMap(({ set }) => set?.elem ?? []);
  return elements.flatMap(({ elem: { val, counter } }) => {
    const [from, to, port] = val.concat;
    const [source, address] = [parseAddress(from), parseAddress(to)];
    if (source === undefined || address === undefined) return [];
    return [{ key: val.concat.join(), source, endpoint: { address, port }, packets: counter?.packets ?? 0 }];
  });
}
