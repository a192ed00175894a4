/**
 * A gate: one list of grants, compiled so that an address is judged in the time of a binary search.
 *
 * The networks of all grants become sorted, disjoint segments of the address space; each segment knows its grants in
 * the order they were written. Flows with the same list share one gate.
 */
import { type Ipv4, type Network, lastAddress } from "@ecluse/guard/address";
import type { Grant } from "../inventory/model.ts";

export interface Gate {
  /** First address of each segment, ascending; the first is 0. */
  readonly starts: Uint32Array;
  /** For each segment, an index into `answers`. */
  readonly answerOf: Uint32Array;
  /** The grants that hold for a segment, in the order they were written; index 0 is the empty answer. */
  readonly answers: readonly (readonly Permit[])[];
}

/** The right to enter, naming the grant that gives it. */
export interface Permit {
  readonly permit: true;
  readonly grant: Grant;
}

/** The grants that name this address, in the order they were written, whether or not they have expired. */
export function permitsFor(gate: Gate, source: Ipv4): readonly Permit[] {
  const { starts } = gate;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= source) low = middle;
    else high = middle - 1;
  }
  return gate.answers[gate.answerOf[low] ?? 0] ?? [];
}

/** Whether two gates say the same of every address, in the same words. */
export function sameGate(a: Gate, b: Gate): boolean {
  return (
    sameList(a.starts, b.starts, Object.is) &&
    sameList(a.answerOf, b.answerOf, Object.is) &&
    sameList(a.answers, b.answers, (mine, others) => sameList(mine, others, samePermit))
  );
}

function samePermit({ grant: a }: Permit, { grant: b }: Permit): boolean {
  return a.source === b.source && a.until === b.until && a.reason === b.reason;
}

function sameList<T>(a: ArrayLike<T>, b: ArrayLike<T>, same: (mine: T, other: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (!same(a[index] as T, b[index] as T)) return false;
  return true;
}

/** Compiles grants; `networksOf` gives a source's networks. A grant without networks lets nobody in. */
export function compileGate(grants: readonly Grant[], networksOf: (source: string) => readonly Network[]): Gate {
  const permits = grants.map((grant): Permit => ({ permit: true, grant }));
  const edges = grants.flatMap((grant, index) =>
    networksOf(grant.source).flatMap((network) => edgesOf(network, index)),
  );
  edges.sort((a, b) => a.at - b.at);
  return sweep(edges, permits);
}

/** Where a grant begins (+1) or ends (-1) to hold, walking up the address space. */
interface Edge {
  readonly at: number;
  readonly grant: number;
  readonly step: 1 | -1;
}

function edgesOf(network: Network, grant: number): Edge[] {
  return [
    { at: network.address, grant, step: 1 },
    { at: lastAddress(network) + 1, grant, step: -1 },
  ];
}

function sweep(edges: readonly Edge[], permits: readonly Permit[]): Gate {
  const holding = new Map<number, number>();
  const answers = new Answers(permits);
  const starts = [0];
  const answerOf = [0];
  for (let index = 0; index < edges.length;) {
    const at = edges[index]?.at ?? 0;
    for (; edges[index]?.at === at; index += 1) step(holding, edges[index]);
    const answer = answers.indexOf(holding);
    if (at > 0xffffffff || answer === answerOf.at(-1)) continue;
    if (at === starts.at(-1)) answerOf[answerOf.length - 1] = answer;
    else {
      starts.push(at);
      answerOf.push(answer);
    }
  }
  return { starts: Uint32Array.from(starts), answerOf: Uint32Array.from(answerOf), answers: answers.list };
}

function step(holding: Map<number, number>, edge: Edge | undefined): void {
  if (edge === undefined) return;
  const count = (holding.get(edge.grant) ?? 0) + edge.step;
  if (count === 0) holding.delete(edge.grant);
  else holding.set(edge.grant, count);
}

/** Each distinct combination of grants, once. */
class Answers {
  readonly list: (readonly Permit[])[] = [[]];
  readonly #known = new Map<string, number>([["", 0]]);
  readonly #permits: readonly Permit[];

  constructor(permits: readonly Permit[]) {
    this.#permits = permits;
  }

  indexOf(holding: ReadonlyMap<number, number>): number {
    const grants = [...holding.keys()].sort((a, b) => a - b);
    const key = grants.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.list.length);
    this.list.push(grants.flatMap((grant) => this.#permits[grant] ?? []));
    return this.list.length - 1;
  }
}
