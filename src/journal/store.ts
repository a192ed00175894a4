/**
 * The database file: opened, brought to the present version, closed.
 *
 * The gateway holds it alone (`locking_mode=EXCLUSIVE`): the index of the WAL then lies in the heap, where with a shared
 * one it is a mapped file, and a mapped file on a full disk ends the whole process with SIGBUS. See
 * docs/decisions/journal.md. Do not open the file by other means in the same process: closing any descriptor of it drops
 * the process's POSIX locks (https://sqlite.org/howtocorrupt.html 2.2).
 */
import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { JournalFault } from "./fault.ts";
import { InternTable } from "./intern-table.ts";
import type { Gap } from "./rows.ts";
import { APPLICATION, VERSION, migrate } from "./schema.ts";
import { State } from "./state.ts";

export interface Store {
  readonly file: string;
  readonly database: DatabaseSync;
  readonly state: State;
  /** flow, endpoint, target */
  readonly doors: InternTable;
  /** name */
  readonly rules: InternTable;
  /** outcome, by, cause */
  readonly endings: InternTable;
  /** flow, outcome, reason */
  readonly knocks: InternTable;
  /** Tells this file from another that has taken its name. */
  readonly identity: string;
}

/** Bytes. */
export const PAGE = 4_096;
/** Most WAL, in pages: 4 MiB, SQLite's own default. */
const WAL_PAGES = 1_000;
/** The WAL's share of a small journal. */
const WAL_SHARE = 8;

export interface Opening {
  /** Bytes that the journal may take. */
  readonly size: number;
  /** Noted in a file that is begun. */
  readonly now: number;
  /** Names the journal that writes: the same after its thread was started again. */
  readonly life: string;
}

/** Opens the journal for writing, alone; throws what `faultOf` understands. */
export function openStore(file: string, opening: Opening): Store {
  create(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    return prepareStore(file, database, opening);
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

/** Opens the file of a stopped gateway: nothing is ever written to it. */
export function openStoreToRead(file: string): Store {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    if (checkIdentity(database) !== VERSION) throw new JournalFault("newer", "written by another version of ecluse");
    return parts(file, database);
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

/** Lets go of the file; what is in the WAL goes to the file first if it can. */
export function closeStore({ database, state }: Store): void {
  try {
    state.set("open", "");
  } catch {
    // The next opening will find it open, and say so.
  }
  closeQuietly(database);
}

export interface FileSize {
  /** Bytes of the file that hold something. */
  readonly used: number;
  readonly wal: number;
  /** Bytes of the file and its WAL. */
  readonly onDisk: number;
}

export function sizeOf({ database, file }: Store): FileSize {
  const pages = pragma(database, "page_count");
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return { used: (pages - pragma(database, "freelist_count")) * PAGE, wal, onDisk: pages * PAGE + wal };
}

/** Whether the name still leads to the file that is open: somebody may have removed or replaced it. */
export function isInPlace({ file, identity }: Store): boolean {
  return identityOf(file) === identity;
}

/** The file is the owner's alone, and so are its WAL and whatever SQLite puts beside it with the same permissions. */
function create(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (statSync(file, { throwIfNoEntry: false }) === undefined) closeSync(openSync(file, "a", 0o600));
  // SQLite needs both, and says no more than "disk I/O error" where the system says which and why.
  accessSync(dirname(file), constants.W_OK);
  accessSync(file, constants.W_OK);
}

function prepareStore(file: string, database: DatabaseSync, opening: Opening): Store {
  // Before anything is read: the first look at a WAL decides where its index lies.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY");
  const version = checkIdentity(database);
  if (version > VERSION) throw new JournalFault("newer", "written by a newer version of ecluse");
  if (version === 0) database.exec(`PRAGMA page_size = ${PAGE}; PRAGMA auto_vacuum = INCREMENTAL`);
  const pages = walPages(opening.size);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${pages};
    PRAGMA journal_size_limit = ${pages * PAGE};
    PRAGMA cache_size = -2000;
    PRAGMA application_id = ${APPLICATION}`);
  migrate(database, version);
  const store = parts(file, database);
  begin(store, opening);
  return store;
}

/** The version of the file's tables, 0 for an empty file. Throws for a database that is somebody else's. */
function checkIdentity(database: DatabaseSync): number {
  const version = pragma(database, "user_version");
  const isOurs = pragma(database, "application_id") === APPLICATION;
  const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get() as { tables: number };
  if (!isOurs && (version !== 0 || tables !== 0)) throw new JournalFault("wait", "not a journal of ecluse");
  return version;
}

function parts(file: string, database: DatabaseSync): Store {
  return {
    file,
    database,
    state: new State(database),
    doors: new InternTable(database, "door", ["flow", "endpoint", "target"]),
    rules: new InternTable(database, "rule", ["name"]),
    endings: new InternTable(database, "ending", ["outcome", "by", "cause"]),
    knocks: new InternTable(database, "knock", ["flow", "outcome", "reason"]),
    identity: identityOf(file),
  };
}

/** Notes that somebody writes from now on, and whether whoever wrote before came to an end in order. */
function begin({ database, state }: Store, { now, life }: Opening): void {
  database.exec("BEGIN IMMEDIATE");
  if (!state.has("begun")) state.set("begun", now);
  const before = state.text("open");
  if (before !== "" && before !== life) {
    const last = state.number(state.has("batch-at") ? "batch-at" : "begun");
    noteGap(database, { ...NO_ROWS, from: Math.min(last, now), to: now, why: "unclean end" });
  }
  state.set("open", life);
  database.exec("COMMIT");
}

const NO_ROWS = { sessions: 0, refusals: 0, changes: 0 };

/** Keeps a gap; within the caller's transaction, if any. */
export function noteGap(database: DatabaseSync, gap: Gap): void {
  database
    .prepare("INSERT INTO gap (since, until, sessions, refusals, changes, why) VALUES (?, ?, ?, ?, ?, ?)")
    .run(gap.from, gap.to, gap.sessions, gap.refusals, gap.changes, gap.why);
}

/** The WAL of a journal of this size, in pages. */
export function walPages(size: number): number {
  return Math.max(8, Math.min(WAL_PAGES, Math.floor(size / PAGE / WAL_SHARE)));
}

function identityOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "" : `${stat.dev}:${stat.ino}`;
}

export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

function closeQuietly(database: DatabaseSync): void {
  try {
    database.close();
  } catch {
    // Closing says nothing that the error before it did not say.
  }
}
