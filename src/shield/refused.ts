/** Whom the kernel has refused: who came since the last look, at which door, how often. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { SetElement } from "../netfilter/netlink/set-message.ts";

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
  /** Milliseconds until the element ends; absent: there is none, or it has no end. */
  readonly left?: number;
}

/** As the kernel has them: the total is the only element of its set. */
export function totalIn([element]: readonly SetElement[]): Total {
  return { packets: element?.packets ?? 0, ...(element?.left === undefined ? {} : { left: element.left }) };
}

/** Each is about a source, the address it came to, and the port. */
export function countedIn(elements: readonly SetElement[]): readonly Counted[] {
  return elements.map(({ key, packets }) => {
    const [source = 0, address = 0, port = 0] = key;
    const endpoint = { address: address as Ipv4, port: port >>> 16 };
    return { key: key.join(), source: source as Ipv4, endpoint, packets };
  });
}
