/**
 * Load on doors, bounded: so many connections a second for so long, and what became of them.
 *
 * Open loop: a connection is due at its instant whether or not those before it are done. A terminal has one visitor at a
 * time; a connection that is due while every terminal has one is missed and counted, never made up for.
 */

export const MOST_RATE = 200;
/** Milliseconds. */
export const MOST_TIME = 300_000;

export interface LoadOrder {
  readonly doors: readonly Door[];
  /** Connections a second, at most `MOST_RATE`. */
  readonly rate: number;
  /** Milliseconds, at most `MOST_TIME`. */
  readonly lasting: number;
  /** One visit; never rejects. */
  readonly visit: (door: Door) => Promise<Visit>;
  readonly told?: () => void;
  readonly signal?: AbortSignal;
}

export interface Door {
  readonly flow: string;
  readonly host: string;
  readonly port: number;
}

/** `took`: milliseconds until it was connected, or paid. `failed`: how it ended instead, as the system or the till says. */
export interface Visit {
  readonly took: number;
  readonly failed?: string;
}

export interface LoadResult {
  /** Connections a second that were asked for, and for how many milliseconds. */
  readonly rate: number;
  readonly lasting: number;
  readonly doors: number;
  readonly visits: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Due while every terminal had a visitor. */
  readonly missed: number;
  /** Of the visits that did not fail, milliseconds; absent where there was none. */
  readonly p50?: number;
  readonly p99?: number;
}

/** How many connections fall due. */
export function dueOf({ rate, lasting }: Pick<LoadOrder, "rate" | "lasting">): number {
  return Math.max(1, Math.floor((rate * lasting) / 1_000));
}

export async function load(order: LoadOrder): Promise<LoadResult> {
  const { doors, rate, lasting, visit, told, signal } = order;
  if (rate > MOST_RATE || lasting > MOST_TIME) throw new RangeError("more load than is allowed");
  const idle = [...doors];
  const visits: Visit[] = [];
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  let missed = 0;
  for (let due = 0; due < dueOf(order) && signal?.aborted !== true; due += 1) {
    await until(began + (due * 1_000) / rate);
    const door = idle.shift();
    if (door === undefined) missed += 1;
    else
      track(
        underWay,
        visit(door).then((made) => void (visits.push(made), idle.push(door))),
      );
    told?.();
  }
  await Promise.all(underWay);
  return { rate, lasting, doors: doors.length, missed, ...resultOf(visits) };
}

function track(all: Set<Promise<void>>, one: Promise<void>): void {
  all.add(one);
  void one.then(() => all.delete(one));
}

function resultOf(visits: readonly Visit[]): Pick<LoadResult, "visits" | "failed" | "p50" | "p99"> {
  const failed: Record<string, number> = {};
  for (const { failed: how } of visits) if (how !== undefined) failed[how] = (failed[how] ?? 0) + 1;
  const times = visits.filter((visit) => visit.failed === undefined).map(({ took }) => took);
  const figures = times.length === 0 ? {} : { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  return { visits: visits.length, failed, ...figures };
}

/** The smallest value that so large a part of the values does not exceed, rounded to a tenth of a millisecond. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.max(0, Math.ceil(part * sorted.length) - 1);
  return Math.round((sorted[at] ?? 0) * 10) / 10;
}

async function until(instant: number): Promise<void> {
  const wait = instant - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
