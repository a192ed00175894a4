/**
 * The tables, and the steps that lead from an older file to the present ones.
 *
 * A session row is numbers: what repeats (a door with its target, a rule, a way to end) stands once in a table of its own.
 * Sessions lie in the order of their start (WITHOUT ROWID), so that a stretch of time is read, and the oldest are deleted,
 * side by side on the disk; the two indices are made of the columns that the key repeats anyway. The view
 * `readable_session` is for people with the sqlite3 shell.
 */
import type { DatabaseSync } from "node:sqlite";

/** "Eclu": a file that says otherwise is somebody else's, and never written to. */
export const APPLICATION = 0x45636c75;

/** One step per version; `user_version` counts those taken. A step, once released, is never changed. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE door (
    id INTEGER PRIMARY KEY, flow TEXT NOT NULL,
    endpoint INTEGER NOT NULL, target INTEGER NOT NULL, -- address * 65536 + port
    UNIQUE (flow, endpoint, target)
  ) STRICT;
  CREATE TABLE rule (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE ending (
    id INTEGER PRIMARY KEY, outcome TEXT NOT NULL, by TEXT NOT NULL, cause TEXT NOT NULL, -- '' for none
    UNIQUE (outcome, by, cause)
  ) STRICT;
  CREATE TABLE session (
    started INTEGER NOT NULL, n INTEGER NOT NULL, -- n tells sessions of the same millisecond apart
    door INTEGER NOT NULL, rule INTEGER NOT NULL,
    source INTEGER NOT NULL, -- as a signed number of 32 bits: two bytes less than unsigned
    ending INTEGER NOT NULL, duration INTEGER NOT NULL,
    bytes_to_target INTEGER NOT NULL, bytes_to_client INTEGER NOT NULL,
    PRIMARY KEY (started, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_by_door ON session (door, started, n);
  CREATE INDEX session_by_source ON session (source, started, n);
  CREATE TABLE longest (day INTEGER PRIMARY KEY, duration INTEGER NOT NULL) STRICT; -- of the sessions begun that day
  CREATE TABLE knock (
    id INTEGER PRIMARY KEY, flow TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, -- '' for no flow
    UNIQUE (flow, outcome, reason)
  ) STRICT;
  CREATE TABLE refusal (
    at INTEGER NOT NULL, n INTEGER NOT NULL, knock INTEGER NOT NULL, source INTEGER, count INTEGER NOT NULL,
    PRIMARY KEY (at, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE grant_use (
    flow TEXT NOT NULL, rule TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, sessions INTEGER NOT NULL,
    PRIMARY KEY (flow, rule)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE change (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
    detail TEXT NOT NULL, hash BLOB NOT NULL
  ) STRICT;
  CREATE TABLE gap (
    id INTEGER PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL,
    sessions INTEGER NOT NULL, refusals INTEGER NOT NULL, changes INTEGER NOT NULL, why TEXT NOT NULL
  ) STRICT;
  CREATE TABLE state (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE VIEW readable_session AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', started / 1000.0, 'unixepoch') AS started, flow,
      format('%d.%d.%d.%d', source >> 24 & 255, source >> 16 & 255, source >> 8 & 255, source & 255) AS source,
      rule.name AS rule, duration, bytes_to_target, bytes_to_client, outcome, by, cause
    FROM session JOIN door ON door.id = door JOIN rule ON rule.id = rule JOIN ending ON ending.id = ending;
  `,
];

/** The version this program writes. */
export const VERSION = STEPS.length;

/** Takes the steps that the file has not taken, each whole or not at all. */
export function migrate(database: DatabaseSync, from: number): void {
  STEPS.slice(from).forEach((step, index) => {
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${from + index + 1}; COMMIT`);
  });
}
