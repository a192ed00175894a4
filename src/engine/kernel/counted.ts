/** Elements of a set that count, as `nft -j list set` shows them, and what they have counted since they were last read. */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { NftObject } from "../../netfilter/nft.ts";

/** Packets by element; its words joined by spaces: `192.0.2.9 198.51.100.10 10101`. */
export type Counts = ReadonlyMap<string, number>;

export function countsOf(listing: readonly NftObject[]): Counts {
  const counts = new Map<string, number>();
  for (const object of listing) {
    const set = object["set"] as { readonly elem?: readonly unknown[] } | undefined;
    for (const element of set?.elem ?? []) {
      const { val, counter } = (element as { readonly elem?: Counting }).elem ?? {};
      if (counter !== undefined) counts.set(wordsOf(val).join(" "), counter.packets);
    }
  }
  return counts;
}

interface Counting {
  readonly val?: unknown;
  readonly counter?: { readonly packets: number };
}

function wordsOf(value: unknown): readonly string[] {
  const parts = (value as { readonly concat?: readonly unknown[] } | undefined)?.concat ?? [value];
  return parts.map(String);
}

/** An element that has come anew since counts from nothing. */
export function countedSince(before: Counts, now: Counts): Counts {
  const since = Array.from(now, ([key, count]): [string, number] => {
    const old = before.get(key) ?? 0;
    return [key, count >= old ? count - old : count];
  });
  return new Map(since.filter(([, count]) => count > 0));
}

/** Who knocked where, of an element of a set of refusals. */
export function knockOf(key: string): { readonly source: Ipv4; readonly endpoint: Endpoint } | undefined {
  const [from = "", to = "", port = ""] = key.split(" ");
  const source = parseAddress(from);
  const address = parseAddress(to);
  if (source === undefined || address === undefined) return undefined;
  return { source, endpoint: { address, port: Number(port) } };
}
