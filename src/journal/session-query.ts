/**
 * Which sessions were open in a stretch of time: read in chunks, so that rows go on being written while somebody asks.
 *
 * Every chunk looks at a bounded number of rows, whether they match or not. A source and a few flows have an index of
 * their own; anything else is read in the order of time.
 */
import { type Network, contains } from "@ecluse/guard/address";
import type { Ipv4 } from "@ecluse/guard/address";
import type { Outcome, Party } from "../engine/records.ts";
import { unpackEndpoint } from "./batch.ts";
import type { Gap, KeptSession, SessionPage, SessionQuery } from "./rows.ts";
import type { Store } from "./store.ts";
import { DAY } from "./write.ts";

/** Rows looked at before others get their turn. */
const CHUNK = 1_000;
/** With more doors than this, reading them one after another is slower than reading a stretch of time. */
export const FEW_DOORS = 200;
const GAPS = 100;
/** After any row. */
const END: Place = { started: Number.MAX_SAFE_INTEGER, n: 0 };

interface Place {
  readonly started: number;
  readonly n: number;
}

interface Row extends Place {
  readonly door: number;
  readonly rule: number;
  readonly source: number;
  readonly ending: number;
  readonly duration: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}

/** One way through the table: all rows, or those of one door or source. */
interface Path {
  readonly where: "" | "door = ? AND" | "source = ? AND";
  readonly value: readonly number[];
}

/** Yields where others may have their turn. */
export function* findSessions(store: Store, query: SessionQuery): Generator<undefined, SessionPage> {
  const limit = pageLimit(query.limit);
  const doors = query.flows === undefined ? undefined : doorsOf(store, query.flows);
  const matches = matcher(store, query, doors);
  let found: readonly Row[] = [];
  for (const path of pathsFor(query, doors)) {
    // Once the page is full, a further door need not be read below the page's oldest row.
    const oldest = found.length === limit ? (found.at(-1)?.started ?? 0) : 0;
    const floor = Math.max(oldest, earliestStart(store, query.from));
    const more = yield* readPath(store, path, { start: startOf(query), floor, limit, matches });
    found = [...found, ...more].sort(newestFirst).slice(0, limit);
  }
  const rows = found.map((row) => kept(store, row));
  const next = rows.length === limit ? rows.at(-1)?.id : undefined;
  return { rows, ...(next === undefined ? {} : { next }), gaps: gapsWithin(store, query) };
}

/** 1 to 1,000; default 100. */
export function pageLimit(limit = 100): number {
  return Math.max(1, Math.min(1_000, Math.floor(limit) || 1));
}

interface Reading {
  readonly start: Place;
  /** No row that started before. */
  readonly floor: number;
  readonly limit: number;
  readonly matches: (row: Row) => boolean;
}

function* readPath(store: Store, path: Path, reading: Reading): Generator<undefined, readonly Row[]> {
  const statement = store.database.prepare(`
    SELECT started, n, door, rule, source, ending, duration,
      bytes_to_target AS bytesToTarget, bytes_to_client AS bytesToClient
    FROM session WHERE ${path.where} (started, n) < (?, ?) AND started >= ?
    ORDER BY started DESC, n DESC LIMIT ${CHUNK}`);
  const found: Row[] = [];
  for (let { start } = reading; ;) {
    const rows = statement.all(...path.value, start.started, start.n, reading.floor) as unknown as readonly Row[];
    found.push(...rows.filter(reading.matches));
    const last = rows.at(-1);
    yield;
    if (last === undefined || rows.length < CHUNK || found.length >= reading.limit) return found;
    start = last;
  }
}

function pathsFor({ source, flows }: SessionQuery, doors: ReadonlySet<number> | undefined): readonly Path[] {
  if (source?.prefix === 32) return [{ where: "source = ? AND", value: [source.address | 0] }];
  if (flows === undefined || doors === undefined || doors.size > FEW_DOORS) return [{ where: "", value: [] }];
  return [...doors].map((door) => ({ where: "door = ? AND", value: [door] }));
}

function matcher(
  store: Store,
  { source, rule, from = -Infinity, outcome }: SessionQuery,
  doors: ReadonlySet<number> | undefined,
): (row: Row) => boolean {
  return (row) =>
    row.started + row.duration >= from &&
    (doors === undefined || doors.has(row.door)) &&
    (source === undefined || isWithin(source, row)) &&
    (rule === undefined || store.rules.cells(row.rule)[0] === rule) &&
    (outcome === undefined || store.endings.cells(row.ending)[0] === outcome);
}

function isWithin(network: Network, row: Row): boolean {
  return contains(network, (row.source >>> 0) as Ipv4);
}

export function doorsOf({ database }: Store, flows: readonly string[]): ReadonlySet<number> {
  const statement = database.prepare("SELECT id FROM door WHERE flow = ?");
  return new Set(flows.flatMap((flow) => statement.all(flow).map(({ id }) => Number(id))));
}

/** The earliest start of a session that may still have been open at `from`, by the longest session of each day. */
export function earliestStart({ database }: Store, from: number | undefined): number {
  if (from === undefined) return Number.MIN_SAFE_INTEGER;
  const row = database
    .prepare(
      `SELECT min(max(day * ${DAY}, ?1 - duration)) AS start FROM longest
       WHERE day * ${DAY} <= ?1 AND (day + 1) * ${DAY} + duration >= ?1`,
    )
    .get(from);
  return Math.min(from, Number(row?.["start"] ?? from));
}

function startOf({ before, to }: SessionQuery): Place {
  const bound = to === undefined ? END : { started: to, n: 0 };
  const cursor = before === undefined ? END : placeOf(before);
  return newestFirst(bound, cursor) > 0 ? bound : cursor;
}

function placeOf(id: string): Place {
  const [started = 0, n = 0] = id.split(".").map(Number);
  return Number.isSafeInteger(started) && Number.isSafeInteger(n) ? { started, n } : END;
}

function newestFirst(a: Place, b: Place): number {
  return b.started - a.started || b.n - a.n;
}

function kept({ doors, rules, endings }: Store, row: Row): KeptSession {
  const [flow, endpoint, target] = doors.cells(row.door);
  const [outcome, by, cause] = endings.cells(row.ending);
  return {
    id: `${row.started}.${row.n}`,
    flow: String(flow),
    endpoint: unpackEndpoint(Number(endpoint)),
    source: (row.source >>> 0) as Ipv4,
    target: unpackEndpoint(Number(target)),
    rule: String(rules.cells(row.rule)[0]),
    startedAt: row.started,
    duration: row.duration,
    bytesToTarget: row.bytesToTarget,
    bytesToClient: row.bytesToClient,
    outcome: outcome as Outcome,
    by: by as Party,
    ...(cause === "" ? {} : { cause: String(cause) }),
  };
}

function gapsWithin({ database }: Store, { from, to }: SessionQuery): readonly Gap[] {
  return database
    .prepare(
      `SELECT since AS "from", until AS "to", sessions, refusals, changes, why FROM gap
       WHERE until >= ? AND since < ? ORDER BY id DESC LIMIT ${GAPS}`,
    )
    .all(from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER) as unknown as readonly Gap[];
}
