/**
 * Deletes the oldest rows, by age and by size, in steps of a few milliseconds between which batches are written.
 *
 * By size, refusals beyond their share go first: a scanner that knocks from ten thousand addresses must not push out the
 * payments. Then the oldest sessions, and last of all changes, of which the chain keeps its anchor.
 */
import type { Store } from "./store.ts";
import { PAGE, pragma, sizeOf, walPages } from "./store.ts";
import { DAY } from "./write.ts";

export interface Retention {
  /** Milliseconds. */
  readonly keep: number;
  /** Bytes: the file and its WAL. */
  readonly size: number;
}

/** Rows deleted in one step. */
const CHUNK = 1_000;
/** Steps for one batch: twice what a full one brings. */
const STEPS = 2;
/** Pages given back to the file system in one step. */
const PAGES = 256;
/** The refusals' share of the size, and what one takes: 27 bytes measured, and room in its pages. */
const SHARE = 0.2;
const REFUSAL_BYTES = 40;
/** The chain's rows may be large. */
const CHANGES = 50;

/** One step; returns whether there is more to do. `cutoff` is the instant before which rows are too old. */
export function tidyStep(store: Store, { size }: Retention, cutoff: number): boolean {
  if (deleteOld(store, cutoff) || deleteBeyond(store, size) || giveBack(store, size)) return true;
  cutWal(store, size);
  return false;
}

/**
 * Deletes as much as a batch may have brought, before the next one is asked for: without it, a journal written to without
 * a pause would grow beyond its size.
 */
export function makeRoom(store: Store, { size }: Retention): void {
  for (let step = 0; step < STEPS && deleteBeyond(store, size); step += 1);
}

/** What is small and seldom old; not worth a look after every batch. */
export function tidySmall({ database }: Store, cutoff: number): void {
  database.prepare("DELETE FROM gap WHERE until < ?").run(cutoff);
  database.prepare("DELETE FROM longest WHERE (day + 1) * ? < ?").run(DAY, cutoff);
  database.prepare("DELETE FROM grant_use WHERE last < ?").run(cutoff);
}

function deleteOld(store: Store, cutoff: number): boolean {
  const deleted = inTransaction(
    store,
    () => deleteSessions(store, cutoff) + deleteRefusals(store, cutoff) + deleteChanges(store, cutoff),
  );
  return deleted > 0;
}

function deleteBeyond(store: Store, size: number): boolean {
  const budget = size - walPages(size) * PAGE;
  if (sizeOf(store).used <= budget) return false;
  const deleted = inTransaction(store, () => {
    if (store.state.number("refusals") * REFUSAL_BYTES > size * SHARE) return deleteRefusals(store, Infinity);
    return deleteSessions(store, Infinity) || deleteRefusals(store, Infinity) || deleteChanges(store, Infinity);
  });
  return deleted > 0;
}

/** Free pages within the budget stay: the next rows will fill them. */
function giveBack({ database }: Store, size: number): boolean {
  const beyond = pragma(database, "page_count") - Math.floor(size / PAGE - walPages(size));
  const free = pragma(database, "freelist_count");
  if (beyond <= 0 || free === 0) return false;
  database.exec(`PRAGMA incremental_vacuum(${Math.min(PAGES, beyond, free)})`);
  return true;
}

/** SQLite cuts an outgrown WAL at the write after the next checkpoint, which on a quiet gateway may be tomorrow. */
function cutWal(store: Store, size: number): void {
  if (sizeOf(store).wal > walPages(size) * PAGE) store.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function deleteSessions({ database, state }: Store, before: number): number {
  return deleteOldest({ database, state }, { table: "session", instant: "started", count: "sessions", before });
}

function deleteRefusals({ database, state }: Store, before: number): number {
  return deleteOldest({ database, state }, { table: "refusal", instant: "at", count: "refusals", before });
}

interface Oldest {
  readonly table: "session" | "refusal";
  readonly instant: "started" | "at";
  readonly count: "sessions" | "refusals";
  /** Exclusive. */
  readonly before: number;
}

function deleteOldest(
  { database, state }: Pick<Store, "database" | "state">,
  { table, instant, count, before }: Oldest,
): number {
  const bound = Math.min(before, Number.MAX_SAFE_INTEGER);
  const { changes } = database
    .prepare(
      `DELETE FROM ${table} WHERE (${instant}, n) IN
       (SELECT ${instant}, n FROM ${table} WHERE ${instant} < ? ORDER BY ${instant}, n LIMIT ${CHUNK})`,
    )
    .run(bound);
  state.add(count, -Number(changes));
  return Number(changes);
}

/** Only from the beginning of the chain on, whatever the clock said in between; the last one deleted is its anchor. */
function deleteChanges({ database, state }: Store, before: number): number {
  const rows = database
    .prepare(`SELECT seq, at, lower(hex(hash)) AS hash FROM change ORDER BY seq LIMIT ${CHANGES}`)
    .all() as unknown as readonly { readonly seq: number; readonly at: number; readonly hash: string }[];
  const young = rows.findIndex(({ at }) => at >= before);
  const old = young < 0 ? rows : rows.slice(0, young);
  const anchor = old.at(-1);
  if (anchor === undefined) return 0;
  database.prepare("DELETE FROM change WHERE seq <= ?").run(anchor.seq);
  state.set("anchor-seq", anchor.seq);
  state.set("anchor-hash", anchor.hash);
  return old.length;
}

function inTransaction({ database }: Store, act: () => number): number {
  database.exec("BEGIN IMMEDIATE");
  try {
    const deleted = act();
    database.exec("COMMIT");
    return deleted;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
