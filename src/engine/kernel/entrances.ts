/**
 * Who may enter through a gate, as the kernel is told it: networks that may always enter, and those that may until an
 * instant; by the length of their prefix, for each length is one look-up in a set of plain addresses.
 *
 * Not the kernel's own sets of intervals: with nft 1.0.6 and 100,000 networks in one, to add one element to any map of any
 * table took 0.7 s of processor (it reads all intervals first), and a concatenated set took 30 s to load; a plain set 3 ms
 * and 0.4 s. Networks are disjoint and merged, whatever sources they came from: who names the rule is the policy, when a
 * session is seen.
 */
import { type Ipv4, type Network, formatAddress } from "@ecluse/guard/address";
import type { Gate, Permit } from "../../policy/gate.ts";

export interface Entrance {
  readonly prefix: number;
  /** The networks' first addresses, ascending. */
  readonly addresses: readonly string[];
  /** Milliseconds since the epoch; absent: always. */
  readonly until?: number;
}

/** None for a gate that lets nobody in. */
export function entrancesOf(gate: Gate): readonly Entrance[] {
  const found = new Map<string, Entrance & { readonly addresses: string[] }>();
  for (const segment of merged(gate)) {
    for (const { address, prefix } of blocksOf(segment)) {
      const key = `${segment.end} ${prefix}`;
      const entrance = found.get(key) ?? {
        prefix,
        addresses: [],
        ...(segment.end === Infinity ? {} : { until: segment.end }),
      };
      entrance.addresses.push(formatAddress(address));
      found.set(key, entrance);
    }
  }
  return [...found.values()];
}

/** The fewest networks that hold exactly these addresses. */
function* blocksOf({ first, last }: Segment): Iterable<Network> {
  for (let address: number = first; address <= last;) {
    let size = 1;
    while (size < 2 ** 32 && address % (size * 2) === 0 && address + size * 2 - 1 <= last) size *= 2;
    yield { address: address as Ipv4, prefix: 32 - Math.log2(size) };
    address += size;
  }
}

interface Segment {
  readonly first: Ipv4;
  last: Ipv4;
  readonly end: number;
}

/** Neighbours that end at the same instant are one, by whatever rules they enter. */
function merged({ starts, answerOf, answers }: Gate): readonly Segment[] {
  const segments: Segment[] = [];
  for (const [index, start] of starts.entries()) {
    const end = endOf(answers[answerOf[index] ?? 0] ?? []);
    if (end === undefined) continue;
    const last = ((starts[index + 1] ?? 2 ** 32) - 1) as Ipv4;
    const before = segments.at(-1);
    if (before?.end === end && before.last + 1 === start) before.last = last;
    else segments.push({ first: start as Ipv4, last, end });
  }
  return segments;
}

/** When the last of the rights ends; absent: there is none. */
function endOf(permits: readonly Permit[]): number | undefined {
  if (permits.length === 0) return undefined;
  return Math.max(...permits.map(({ grant }) => grant.until ?? Infinity));
}
