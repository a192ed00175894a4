/**
 * Two gates compared address by address: whom one lets in and the other does not, at one instant.
 *
 * What counts is who may enter and until when, not by which words: sources that were renamed, and networks that were
 * split or merged, differ only in the rule that is named.
 */
import type { Ipv4, Network } from "@ecluse/guard/address";
import type { Gate, Permit } from "./gate.ts";

/** What a gate says of an address at an instant: the rule that lets it in, and when the last of its rights ends. */
export interface Entry {
  /** The source of the first grant that holds: the rule that `judge` would name. */
  readonly source: string;
  /** Milliseconds since the epoch; absent: no end. */
  readonly until?: number;
}

/** Addresses for which two gates differ in the same way. `undefined`: may not enter. At least one side enters. */
export interface GateDifference {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  /** Disjoint, ascending, as few as possible. */
  readonly networks: readonly Network[];
}

const SPACE = 2 ** 32;

/** Lets nobody in: the gate of a flow that does not exist. */
export const NOBODY: Gate = { starts: Uint32Array.of(0), answerOf: Uint32Array.of(0), answers: [[]] };

/** How the gates differ at `now` (milliseconds since the epoch); a right that has ended counts as none. */
export function compareGates(before: Gate, after: Gate, now: number): readonly GateDifference[] {
  if (before === after || sameContent(before, after)) return [];
  const groups = new Groups(before, after, now);
  let [left, right, at] = [0, 0, 0];
  while (at < SPACE) {
    const leftEnd = before.starts[left + 1] ?? SPACE;
    const rightEnd = after.starts[right + 1] ?? SPACE;
    const end = Math.min(leftEnd, rightEnd);
    groups.add(before.answerOf[left] ?? 0, after.answerOf[right] ?? 0, { first: at, end });
    if (leftEnd === end) left += 1;
    if (rightEnd === end) right += 1;
    at = end;
  }
  return groups.differences();
}

/** What a list of permits amounts to at an instant. */
export function entryOf(permits: readonly Permit[], now: number): Entry | undefined {
  const held = permits.filter(({ grant }) => grant.until === undefined || now < grant.until);
  const [rule] = held;
  if (rule === undefined) return undefined;
  // Rights have no beginning, so the one that ends last decides.
  const until = Math.max(...held.map(({ grant }) => grant.until ?? Infinity));
  return { source: rule.grant.source, ...(until === Infinity ? {} : { until }) };
}

/** Addresses from `first` up to, and not including, `end`. */
interface Range {
  readonly first: number;
  end: number;
}

interface Group {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  readonly ranges: Range[];
}

/** Ranges gathered by what they lose and gain. */
class Groups {
  readonly #before: readonly (Entry | undefined)[];
  readonly #after: readonly (Entry | undefined)[];
  readonly #byMeaning = new Map<string, Group>();
  /** By pair of answers, so that each of 100,000 segments costs one look-up. */
  readonly #byAnswers = new Map<number, Group | undefined>();

  constructor(before: Gate, after: Gate, now: number) {
    this.#before = before.answers.map((permits) => entryOf(permits, now));
    this.#after = after.answers.map((permits) => entryOf(permits, now));
  }

  add(left: number, right: number, range: Range): void {
    const group = this.#groupOf(left, right);
    const last = group?.ranges.at(-1);
    if (last?.end === range.first) last.end = range.end;
    else group?.ranges.push(range);
  }

  differences(): readonly GateDifference[] {
    return [...this.#byMeaning.values()].map(({ before, after, ranges }) => ({
      before,
      after,
      networks: ranges.flatMap(networksOf),
    }));
  }

  #groupOf(left: number, right: number): Group | undefined {
    const key = left * this.#after.length + right;
    if (this.#byAnswers.has(key)) return this.#byAnswers.get(key);
    const [before, after] = [this.#before[left], this.#after[right]];
    const group = sameEntry(before, after) ? undefined : this.#named(before, after);
    this.#byAnswers.set(key, group);
    return group;
  }

  #named(before: Entry | undefined, after: Entry | undefined): Group {
    const meaning = JSON.stringify([before, after]);
    const known = this.#byMeaning.get(meaning);
    if (known !== undefined) return known;
    const group: Group = { before, after, ranges: [] };
    this.#byMeaning.set(meaning, group);
    return group;
  }
}

function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.source === b?.source && a?.until === b?.until;
}

/** Whether the gates judge everyone alike at every instant, and in the same words: most do, in a change of one terminal. */
function sameContent(a: Gate, b: Gate): boolean {
  return sameNumbers(a.starts, b.starts) && sameNumbers(a.answerOf, b.answerOf) && sameAnswers(a.answers, b.answers);
}

function sameNumbers(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function sameAnswers(a: Gate["answers"], b: Gate["answers"]): boolean {
  return a.length === b.length && a.every((permits, index) => samePermits(permits, b[index] ?? []));
}

function samePermits(a: readonly Permit[], b: readonly Permit[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(({ grant }, index) => {
    const other = b[index]?.grant;
    return grant.source === other?.source && grant.until === other.until;
  });
}

/** A range as networks, the widest that fit. */
function networksOf({ first, end }: Range): Network[] {
  const networks: Network[] = [];
  for (let at = first; at < end;) {
    const bits = Math.min(trailingZeros(at), Math.floor(Math.log2(end - at)));
    networks.push({ address: at as Ipv4, prefix: 32 - bits });
    at += 2 ** bits;
  }
  return networks;
}

function trailingZeros(address: number): number {
  return address === 0 ? 32 : 31 - Math.clz32(address & -address);
}
