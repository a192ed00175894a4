/**
 * How much went on: sessions that ended and refusals, counted in stretches of time of one length.
 *
 * SQLite adds up, a bounded number of rows at a time, so that rows go on being written while somebody asks.
 */
import type { Outcome } from "../engine/records.ts";
import type { ActivityQuery } from "./rows.ts";
import { FEW_DOORS, doorsOf, earliestStart } from "./session-query.ts";
import type { Store } from "./store.ts";

/** Plain data. Counts stand in the order of time, one for each stretch. */
export interface Activity {
  /** Milliseconds since the epoch; the first stretch begins then. */
  readonly from: number;
  /** Milliseconds since the epoch, exclusive. */
  readonly to: number;
  /** Milliseconds; the last stretch may be shorter. */
  readonly step: number;
  /** Sessions by the stretch they ended in; an outcome that none had is absent. */
  readonly sessions: Readonly<Partial<Record<Outcome, readonly number[]>>>;
  readonly refusals: readonly number[];
}

/** Rows added up before others get their turn. */
const CHUNK = 5_000;

interface Counted {
  readonly stretch: number;
  /** An ending, or a knock. */
  readonly what: number;
  readonly count: number;
}

interface CountedAtDoor extends Counted {
  readonly door: number;
}

/** Yields where others may have their turn. */
export function* countActivity(store: Store, query: ActivityQuery): Generator<undefined, Activity> {
  const { from, to, step } = query;
  const stretches = Math.ceil((to - from) / step);
  return {
    ...{ from, to, step },
    sessions: yield* countEnded(store, query, stretches),
    refusals: yield* countRefused(store, query, stretches),
  };
}

function* countEnded(
  store: Store,
  query: ActivityQuery,
  stretches: number,
): Generator<undefined, Activity["sessions"]> {
  const counts: Partial<Record<Outcome, number[]>> = {};
  const doors = query.flows === undefined ? undefined : doorsOf(store, query.flows);
  // With many doors, one stretch of time is read quicker than each of them.
  const paths = doors === undefined || doors.size > FEW_DOORS ? [undefined] : doors;
  for (const door of paths) {
    for (const [start, end] of chunks(store, { table: "session", door, ...query })) {
      for (const row of endedBetween(store, query, { door, start, end })) {
        if (doors?.has(row.door) === false) continue;
        const outcome = store.endings.cells(row.what)[0] as Outcome;
        add((counts[outcome] ??= emptyCounts(stretches)), row);
      }
      yield;
    }
  }
  return counts;
}

function* countRefused(store: Store, query: ActivityQuery, stretches: number): Generator<undefined, readonly number[]> {
  const counts = emptyCounts(stretches);
  const flows = query.flows === undefined ? undefined : new Set(query.flows);
  for (const [start, end] of chunks(store, { table: "refusal", door: undefined, ...query })) {
    for (const row of refusedBetween(store, query, { start, end })) {
      if (flows?.has(String(store.knocks.cells(row.what)[0])) !== false) add(counts, row);
    }
    yield;
  }
  return counts;
}

interface Rows {
  readonly table: "session" | "refusal";
  readonly door: number | undefined;
  readonly from: number;
  readonly to: number;
}

/** Stretches of time that hold a bounded number of rows each. */
function* chunks(store: Store, { table, door, from, to }: Rows): Generator<readonly [start: number, end: number]> {
  const time = table === "session" ? "started" : "at";
  const statement = store.database.prepare(
    `SELECT ${time} AS time FROM ${table} WHERE ${ofDoor(door)} ${time} >= $start ORDER BY ${time} LIMIT 1 OFFSET ${CHUNK}`,
  );
  const first = table === "session" ? earliestStart(store, from) : from;
  for (let start = first; start < to;) {
    const row = statement.get({ ...doorValue(door), $start: start });
    const end = Math.min(to, row === undefined ? to : Number(row["time"]) + 1);
    yield [start, end];
    start = end;
  }
}

function endedBetween(
  { database }: Store,
  { from, to, step }: ActivityQuery,
  { door, start, end }: { readonly door: number | undefined; readonly start: number; readonly end: number },
): readonly CountedAtDoor[] {
  return database
    .prepare(
      // Node binds numbers as REAL: what is divided by them is no whole number.
      `SELECT CAST((started + duration - $from) / $step AS INTEGER) AS stretch, ending AS what, door, count(*) AS count
       FROM session WHERE ${ofDoor(door)} started >= $start AND started < $end
         AND started + duration >= $from AND started + duration < $to
       GROUP BY stretch, what, door`,
    )
    .all({
      ...doorValue(door),
      $from: from,
      $to: to,
      $step: step,
      $start: start,
      $end: end,
    }) as unknown as readonly CountedAtDoor[];
}

function refusedBetween(
  { database }: Store,
  { from, step }: ActivityQuery,
  { start, end }: { readonly start: number; readonly end: number },
): readonly Counted[] {
  return database
    .prepare(
      `SELECT CAST((at - $from) / $step AS INTEGER) AS stretch, knock AS what, sum(count) AS count
       FROM refusal WHERE at >= $start AND at < $end GROUP BY stretch, what`,
    )
    .all({ $from: from, $step: step, $start: start, $end: end }) as unknown as readonly Counted[];
}

function ofDoor(door: number | undefined): "" | "door = $door AND" {
  return door === undefined ? "" : "door = $door AND";
}

function doorValue(door: number | undefined): Readonly<Record<string, number>> {
  return door === undefined ? {} : { $door: door };
}

function add(counts: number[], { stretch, count }: Counted): void {
  counts[stretch] = (counts[stretch] ?? 0) + count;
}

function emptyCounts(stretches: number): number[] {
  return Array.from({ length: stretches }, () => 0);
}
