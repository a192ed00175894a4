/** Elements of a set that count, and what they have counted since they were last read. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { SetElement } from "../../netfilter/netlink/set-message.ts";

/** By key. */
export type Counts = ReadonlyMap<string, SetElement>;

export function countsOf(elements: readonly SetElement[]): Counts {
  return new Map(elements.map((element) => [element.key.join(), element]));
}

/** What is new, as elements that counted so much. One that has come anew since counts from nothing. */
export function countedSince(before: Counts, now: Counts): readonly SetElement[] {
  const since: SetElement[] = [];
  for (const [key, { packets, ...element }] of now) {
    const old = before.get(key)?.packets ?? 0;
    const count = packets >= old ? packets - old : packets;
    if (count > 0) since.push({ ...element, packets: count });
  }
  return since;
}

/** An address and a port, of which a key has one word each, from `at` on. */
export function endpointIn({ key }: SetElement, at: number): Endpoint {
  return { address: (key[at] ?? 0) as Ipv4, port: (key[at + 1] ?? 0) >>> 16 };
}
