/** Who knocks: refusals added up per source or flow. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { TalliedRefusal } from "../observe/refusals.ts";
import type { RefusalQuery, RefusalRank } from "./rows.ts";
import { pageLimit } from "./session-query.ts";
import type { Store } from "./store.ts";

/** Rows added up before others get their turn. */
const CHUNK = 5_000;
/** Sources told apart; who comes after them is added up under no source, as the tally does. */
const SOURCES = 100_000;

interface Row {
  readonly knock: number;
  readonly source: number | null;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

type Key = number | string | undefined;
type Reason = TalliedRefusal["reason"];

interface Sum {
  readonly reasons: Partial<Record<Reason, number>>;
  count: number;
  first: number;
  last: number;
}

/** Yields where others may have their turn. */
export function* rankRefusals(store: Store, query: RefusalQuery): Generator<undefined, readonly RefusalRank[]> {
  const sums = new Map<Key, Sum>();
  const end = query.to ?? Number.MAX_SAFE_INTEGER;
  for (let start = query.from ?? Number.MIN_SAFE_INTEGER; start < end;) {
    const next = Math.min(end, chunkEnd(store, start));
    for (const row of rowsBetween(store, start, next)) add(sums, keyOf(store, query, row), reasonOf(store, row), row);
    start = next;
    yield;
  }
  return [...sums]
    .sort(([, a], [, b]) => b.count - a.count)
    .slice(0, pageLimit(query.limit))
    .map(([key, sum]) => ranked(key, sum));
}

/** All rows of one report share their instant, so a chunk ends between two instants. */
function chunkEnd({ database }: Store, start: number): number {
  const row = database
    .prepare(`SELECT at FROM refusal WHERE at >= ? ORDER BY at, n LIMIT 1 OFFSET ${CHUNK}`)
    .get(start);
  return row === undefined ? Number.MAX_SAFE_INTEGER : Number(row["at"]) + 1;
}

function rowsBetween({ database }: Store, from: number, to: number): readonly Row[] {
  return database
    .prepare(
      `SELECT knock, source, sum(count) AS count, min(at) AS first, max(at) AS last
       FROM refusal WHERE at >= ? AND at < ? GROUP BY knock, source`,
    )
    .all(from, to) as unknown as readonly Row[];
}

function keyOf({ knocks }: Store, { by }: RefusalQuery, { knock, source }: Row): Key {
  if (by === "source") return source === null ? undefined : source >>> 0;
  const [flow] = knocks.cells(knock);
  return flow === "" ? undefined : flow;
}

function reasonOf({ knocks }: Store, { knock }: Row): Reason {
  return knocks.cells(knock)[2] as Reason;
}

function add(sums: Map<Key, Sum>, wanted: Key, reason: Reason, row: Row): void {
  const key = sums.has(wanted) || sums.size < SOURCES ? wanted : undefined;
  const sum = sums.get(key) ?? { reasons: {}, count: 0, first: row.first, last: row.last };
  sum.count += row.count;
  sum.first = Math.min(sum.first, row.first);
  sum.last = Math.max(sum.last, row.last);
  sum.reasons[reason] = (sum.reasons[reason] ?? 0) + row.count;
  sums.set(key, sum);
}

function ranked(key: Key, sum: Sum): RefusalRank {
  if (key === undefined) return sum;
  return typeof key === "number" ? { source: key as Ipv4, ...sum } : { flow: key, ...sum };
}
