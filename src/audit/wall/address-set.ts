/**
 * Sets of IPv4 addresses: whom a rule names, whom a wall lets through. Pure values, never changed.
 *
 * Sorted, disjoint ranges that never touch, so that equal sets have equal ranges.
 */
import { type Ipv4, type Network, formatNetwork, lastAddress } from "@ecluse/guard/address";

export interface AddressSet {
  /** First and last address of each range in turn, both included, ascending. */
  readonly bounds: readonly number[];
}

const LAST = 0xffffffff;

export const NOBODY: AddressSet = { bounds: [] };
export const EVERYBODY: AddressSet = { bounds: [0, LAST] };

export function addressesOf(networks: readonly Network[]): AddressSet {
  return unionOf(networks.map((network) => addressRange(network.address, lastAddress(network))));
}

/** From one address to another, both included. */
export function addressRange(first: number, last: number): AddressSet {
  return { bounds: [first, last] };
}

export function unionOf(sets: readonly AddressSet[]): AddressSet {
  const full = sets.filter((set) => !isNobody(set));
  const [first = NOBODY, second, third] = full;
  if (third === undefined) return second === undefined ? first : union(first, second);
  const ranges = full.flatMap(rangesOf).sort(([a], [b]) => a - b);
  const bounds: number[] = [];
  for (const [from, to] of ranges) append(bounds, from, to);
  return { bounds };
}

export function union(a: AddressSet, b: AddressSet): AddressSet {
  if (a === b || isNobody(b)) return a;
  if (isNobody(a)) return b;
  const bounds: number[] = [];
  for (let i = 0, j = 0; i < a.bounds.length || j < b.bounds.length;) {
    const [fromA = Infinity, fromB = Infinity] = [a.bounds[i], b.bounds[j]];
    if (fromA <= fromB) {
      append(bounds, fromA, a.bounds[i + 1] ?? 0);
      i += 2;
    } else {
      append(bounds, fromB, b.bounds[j + 1] ?? 0);
      j += 2;
    }
  }
  return { bounds };
}

/** A range that begins no earlier than those before it: joined to the last where it meets or touches it. */
function append(bounds: number[], first: number, last: number): void {
  const end = bounds.at(-1);
  if (end === undefined || first > end + 1) bounds.push(first, last);
  else if (last > end) bounds[bounds.length - 1] = last;
}

export function intersection(a: AddressSet, b: AddressSet): AddressSet {
  if (a === EVERYBODY || isNobody(b)) return b;
  if (b === EVERYBODY || isNobody(a) || a === b) return a;
  const bounds: number[] = [];
  for (let i = 0, j = 0; i < a.bounds.length && j < b.bounds.length;) {
    const [endA, endB] = [a.bounds[i + 1] ?? 0, b.bounds[j + 1] ?? 0];
    const first = Math.max(a.bounds[i] ?? 0, b.bounds[j] ?? 0);
    const last = Math.min(endA, endB);
    if (first <= last) bounds.push(first, last);
    if (endA < endB) i += 2;
    else j += 2;
  }
  return { bounds };
}

export function complement({ bounds }: AddressSet): AddressSet {
  const gaps: number[] = [];
  let next = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    const first = bounds[i] ?? 0;
    if (first > next) gaps.push(next, first - 1);
    next = (bounds[i + 1] ?? 0) + 1;
  }
  if (next <= LAST) gaps.push(next, LAST);
  return { bounds: gaps };
}

/** Those of `a` that are not in `b`. */
export function without(a: AddressSet, b: AddressSet): AddressSet {
  if (isNobody(a) || isNobody(b)) return a;
  return b === EVERYBODY ? NOBODY : intersection(a, complement(b));
}

export function isNobody({ bounds }: AddressSet): boolean {
  return bounds.length === 0;
}

export function meet(a: AddressSet, b: AddressSet): boolean {
  return !isNobody(intersection(a, b));
}

export function holds({ bounds }: AddressSet, address: Ipv4): boolean {
  // The number of bounds at or below the address is odd inside a range, but for its last address.
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bounds[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1 || bounds[low - 1] === address;
}

export function sameAddresses(a: AddressSet, b: AddressSet): boolean {
  return a.bounds.length === b.bounds.length && a.bounds.every((bound, index) => bound === b.bounds[index]);
}

/** How many addresses. */
export function sizeOf(set: AddressSet): number {
  return rangesOf(set).reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** The fewest networks that hold exactly these addresses, ascending. */
export function networksIn(set: AddressSet): readonly Network[] {
  return rangesOf(set).flatMap(([first, last]) => networksBetween(first, last));
}

function networksBetween(first: number, last: number): readonly Network[] {
  const networks: Network[] = [];
  for (let address = first; address <= last;) {
    let prefix = 32;
    while (prefix > 0 && fits(address, prefix - 1, last)) prefix -= 1;
    networks.push({ address: address as Ipv4, prefix });
    address += 2 ** (32 - prefix);
  }
  return networks;
}

function fits(address: number, prefix: number, last: number): boolean {
  const size = 2 ** (32 - prefix);
  return address % size === 0 && address + size - 1 <= last;
}

/** Most networks that a sentence names. */
const NAMED = 4;

/** `203.0.113.7 and 192.0.2.0/24`; of many, the first, and how many addresses there are. */
export function sayAddresses(set: AddressSet): string {
  if (sameAddresses(set, EVERYBODY)) return "everybody";
  const networks = networksIn(set);
  if (sizeOf(set) > 2 ** 31) return `everybody but ${sayAddresses(complement(set))}`;
  const named = networks.slice(0, NAMED).map(formatNetwork).join(", ");
  return networks.length <= NAMED ? named : `${named} and others, ${sizeOf(set)} addresses in all`;
}

function rangesOf({ bounds }: AddressSet): (readonly [number, number])[] {
  return Array.from({ length: bounds.length / 2 }, (_, i) => [bounds[2 * i] ?? 0, bounds[2 * i + 1] ?? 0] as const);
}
