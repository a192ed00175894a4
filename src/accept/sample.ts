/** Which flows of a large fleet are tried: every depot, every distinct list of rights, and chance with a seed. Pure. */
import type { Flow } from "../policy/policy.ts";
import type { Cell } from "./cell.ts";

export interface Sample {
  readonly cells: readonly Cell[];
  /** Flows tried, of so many. */
  readonly flows: number;
  readonly of: number;
  /** Absent: every flow is tried. */
  readonly seed?: number;
}

/**
 * All cells where there are at most `most`; else those of one flow of each depot, of each distinct list of rights and of
 * each kind, even past `most`, then of flows drawn by `seed` until there would be more.
 */
export function sampleOf(
  flows: readonly Flow[],
  cellsOf: (flow: Flow) => readonly Cell[],
  { most, seed }: { readonly most: number; readonly seed: number },
): Sample {
  const all = flows.map((flow) => ({ flow, cells: cellsOf(flow) }));
  const total = all.reduce((sum, { cells }) => sum + cells.length, 0);
  if (total <= most) return { cells: all.flatMap(({ cells }) => cells), flows: flows.length, of: flows.length };
  const chosen = representatives(flows);
  let count = all.filter(({ flow }) => chosen.has(flow)).reduce((sum, { cells }) => sum + cells.length, 0);
  for (const { flow, cells } of shuffled(all, seed)) {
    if (chosen.has(flow) || count + cells.length > most) continue;
    chosen.add(flow);
    count += cells.length;
  }
  const kept = all.filter(({ flow }) => chosen.has(flow));
  return { cells: kept.flatMap(({ cells }) => cells), flows: kept.length, of: flows.length, seed };
}

function representatives(flows: readonly Flow[]): Set<Flow> {
  const firsts = new Map<string, Flow>();
  for (const flow of flows) {
    const traits = [`rights ${flow.kind} ${JSON.stringify(flow.grants)}`];
    if (flow.position !== undefined) traits.push(`depot ${flow.position.depot}`);
    for (const trait of traits) if (!firsts.has(trait)) firsts.set(trait, flow);
  }
  return new Set(firsts.values());
}

/** Fisher and Yates; the same seed gives the same order on every machine. */
function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  const random = randomFrom(seed);
  const order = [...list];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** mulberry32 (Tommy Ettinger, public domain): 0 <= number < 1, from 32 bits of state. */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
