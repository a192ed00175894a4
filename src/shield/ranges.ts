/**
 * Sets of addresses: sorted ranges that neither touch nor overlap, so that one set has one spelling.
 *
 * First and last address of each range, one after the other in one array: 100,000 networks take 800 KB.
 */
import { type Network, lastAddress } from "@ecluse/guard/address";

export type Ranges = Uint32Array;

/** One range; both addresses belong to it. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export function rangesOf(networks: readonly Network[]): Ranges {
  return merged(
    networks
      .map((network) => ({ first: network.address, last: lastAddress(network) }))
      .sort((a, b) => a.first - b.first),
  );
}

export function union(a: Ranges, b: Ranges): Ranges {
  if (same(a, b)) return a;
  return merged(inOrder(a, b));
}

export function same(a: Ranges, b: Ranges): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** The ranges of `a` that `b` does not have, each exactly as it stands: parts of a range are another range. */
export function* missing(a: Ranges, b: Ranges): Iterable<Range> {
  let other = 0;
  for (const { first, last } of each(a)) {
    while ((b[other] ?? Infinity) < first) other += 2;
    if (b[other] !== first || b[other + 1] !== last) yield { first, last };
  }
}

export function* each(ranges: Ranges): Iterable<Range> {
  for (let at = 0; at < ranges.length; at += 2) yield { first: ranges[at] ?? 0, last: ranges[at + 1] ?? 0 };
}

/** The ranges of both, by their first address. */
function* inOrder(a: Ranges, b: Ranges): Iterable<Range> {
  let [left, right] = [0, 0];
  while (left < a.length || right < b.length) {
    if ((a[left] ?? Infinity) <= (b[right] ?? Infinity)) {
      yield { first: a[left] ?? 0, last: a[left + 1] ?? 0 };
      left += 2;
    } else {
      yield { first: b[right] ?? 0, last: b[right + 1] ?? 0 };
      right += 2;
    }
  }
}

/** `ranges` come by their first address. */
function merged(ranges: Iterable<Range>): Ranges {
  const bounds: number[] = [];
  for (const { first, last } of ranges) {
    const end = bounds.at(-1);
    if (end === undefined || first > end + 1) bounds.push(first, last);
    else if (last > end) bounds[bounds.length - 1] = last;
  }
  return Uint32Array.from(bounds);
}
