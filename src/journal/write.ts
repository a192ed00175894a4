/** Writes a batch: all of it or nothing, and never twice. */
import type { SessionRecord } from "../engine/records.ts";
import { type Batch, packEndpoint, rowsOf, unpackRefusals, unpackSessions } from "./batch.ts";
import { writeChanges } from "./chain.ts";
import { type Store, noteGap } from "./store.ts";

export const DAY = 86_400_000;

/**
 * Writes a batch in one transaction. `life` names the journal that numbered it: a batch that is in the file already,
 * because the news of it was lost with a thread, is left alone.
 */
export function writeBatch(store: Store, batch: Batch, life: string): void {
  const { database, state } = store;
  if (state.text("life") === life && state.number("batch") >= batch.number) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    if (batch.gap !== undefined) noteGap(database, batch.gap);
    writeSessions(store, batch);
    writeRefusals(store, batch);
    writeChanges(store, batch.changes);
    state.set("life", life);
    state.set("batch", batch.number);
    state.set("batch-at", batch.at);
    database.exec("COMMIT");
  } catch (error) {
    // After some errors SQLite has rolled back by itself.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function writeSessions(store: Store, batch: Batch): void {
  const { database, state, doors, rules, endings } = store;
  const insert = database.prepare(`
    INSERT INTO session VALUES (?1, (SELECT coalesce(max(n) + 1, 0) FROM session WHERE started = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8)`);
  const uses = new Map<string, UseSoFar>();
  const longest = new Map<number, number>();
  for (const record of unpackSessions(batch)) {
    // A start that no clock can say would be older than anything kept.
    const started = Number.isFinite(record.startedAt) ? whole(record.startedAt) : batch.at;
    const duration = whole(record.duration);
    insert.run(
      started,
      doors.id(record.flow, packEndpoint(record.endpoint), packEndpoint(record.target)),
      rules.id(record.rule),
      record.source | 0,
      endings.id(record.outcome, record.by, record.cause ?? ""),
      duration,
      whole(record.bytesToTarget),
      whole(record.bytesToClient),
    );
    addUse(uses, record, started);
    const day = Math.floor(started / DAY);
    longest.set(day, Math.max(longest.get(day) ?? 0, duration));
  }
  writeUses(store, uses);
  writeLongest(store, longest);
  state.add("sessions", rowsOf(batch).sessions);
}

interface UseSoFar {
  readonly flow: string;
  readonly rule: string;
  first: number;
  last: number;
  sessions: number;
}

function addUse(uses: Map<string, UseSoFar>, { flow, rule }: SessionRecord, started: number): void {
  const key = `${flow}\0${rule}`;
  const use = uses.get(key) ?? { flow, rule, first: started, last: started, sessions: 0 };
  use.first = Math.min(use.first, started);
  use.last = Math.max(use.last, started);
  use.sessions += 1;
  uses.set(key, use);
}

function writeUses({ database }: Store, uses: ReadonlyMap<string, UseSoFar>): void {
  const add = database.prepare(`
    INSERT INTO grant_use VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      first = min(first, excluded.first), last = max(last, excluded.last), sessions = sessions + excluded.sessions`);
  for (const { flow, rule, first, last, sessions } of uses.values()) add.run(flow, rule, first, last, sessions);
}

function writeLongest({ database }: Store, longest: ReadonlyMap<number, number>): void {
  const add = database.prepare(
    "INSERT INTO longest VALUES (?, ?) ON CONFLICT DO UPDATE SET duration = max(duration, excluded.duration)",
  );
  for (const [day, duration] of longest) add.run(day, duration);
}

function writeRefusals({ database, state, knocks }: Store, batch: Batch): void {
  const insert = database.prepare(`
    INSERT INTO refusal VALUES (?1, (SELECT coalesce(max(n) + 1, 0) FROM refusal WHERE at = ?1), ?2, ?3, ?4)`);
  for (const { at, flow, source, outcome, reason, count } of unpackRefusals(batch)) {
    const knock = knocks.id(flow ?? "", outcome, reason);
    insert.run(whole(at), knock, source === undefined ? null : source | 0, whole(count));
  }
  state.add("refusals", rowsOf(batch).refusals);
}

/** A number that a column of whole numbers takes, whatever a clock or a counter said. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.round(value) : 0;
}
