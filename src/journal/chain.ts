/**
 * The chain of changes: each row carries the sha256 of the row before's hash and of its own contents.
 *
 * It proves that no row was altered, removed or put between by anyone who did not also compute every later hash again.
 * Whoever can write the file can do just that: only a place of the chain kept elsewhere (printed, mailed, in another log)
 * proves more, and `verify` compares it.
 */
import { createHash } from "node:crypto";
import type { PackedChange } from "./batch.ts";
import type { BrokenLink, ChainPlace, Verification } from "./rows.ts";
import type { Store } from "./store.ts";

/** Before the first change. */
export const GENESIS: ChainPlace = { seq: 0, hash: "0".repeat(64) };

/** Rows read before others get their turn. */
const CHUNK = 200;

/** sha256 over the 64 hexadecimal digits of the hash before, then `[seq,at,by,action,subject,detail]` as JSON. */
export function linkHash(before: string, seq: number, change: PackedChange): string {
  const { at, by, action, subject, detail } = change;
  return createHash("sha256")
    .update(before)
    .update(JSON.stringify([seq, at, by, action, subject, detail]))
    .digest("hex");
}

/** Adds changes to the chain; within the caller's transaction. */
export function writeChanges({ database, state }: Store, changes: readonly PackedChange[]): void {
  if (changes.length === 0) return;
  const insert = database.prepare("INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, unhex(?))");
  let { seq, hash } = headOf({ state });
  for (const change of changes) {
    seq += 1;
    hash = linkHash(hash, seq, change);
    insert.run(seq, change.at, change.by, change.action, change.subject, change.detail, hash);
  }
  state.set("head-seq", seq);
  state.set("head-hash", hash);
}

/** The last change written. */
export function headOf({ state }: Pick<Store, "state">): ChainPlace {
  return state.has("head-seq") ? { seq: state.number("head-seq"), hash: state.text("head-hash") } : GENESIS;
}

/** The last change that retention has deleted. */
function anchorOf({ state }: Store): ChainPlace {
  return state.has("anchor-seq") ? { seq: state.number("anchor-seq"), hash: state.text("anchor-hash") } : GENESIS;
}

/** Walks the chain from its anchor; yields where others may have their turn. */
export function* verifyChain(store: Store, kept?: ChainPlace): Generator<undefined, Verification> {
  const anchor = anchorOf(store);
  let last = anchor;
  let checked = 0;
  for (;;) {
    // Retention may have overtaken the walk while others had their turn.
    const moved = anchorOf(store);
    if (moved.seq > last.seq) last = moved;
    const rows = changesAfter(store, last.seq);
    for (const row of rows) {
      const problem = problemOf(last, row, kept);
      if (problem !== undefined) return { sound: false, checked, broken: { seq: row.seq, problem } };
      last = row;
      checked += 1;
    }
    if (rows.length < CHUNK) return verdict(store, { anchor, last, checked, kept });
    yield;
  }
}

interface LinkRow extends PackedChange, ChainPlace {}

function changesAfter({ database }: Store, seq: number): readonly LinkRow[] {
  const select = `SELECT seq, at, by, action, subject, detail, lower(hex(hash)) AS hash FROM change`;
  return database
    .prepare(`${select} WHERE seq > ? ORDER BY seq LIMIT ${CHUNK}`)
    .all(seq) as unknown as readonly LinkRow[];
}

function problemOf(before: ChainPlace, row: LinkRow, kept?: ChainPlace): BrokenLink["problem"] | undefined {
  if (row.seq !== before.seq + 1) return "missing";
  if (row.hash !== linkHash(before.hash, row.seq, row)) return "altered";
  if (kept?.seq === row.seq && kept.hash !== row.hash) return "kept-head";
  return undefined;
}

interface Walked {
  readonly anchor: ChainPlace;
  readonly last: ChainPlace;
  readonly checked: number;
  readonly kept: ChainPlace | undefined;
}

/** What only the end of the walk can tell: rows cut off at the end, or a kept place beyond it. */
function verdict(store: Store, { anchor, last, checked, kept }: Walked): Verification {
  const head = headOf(store);
  if (last.seq !== head.seq || last.hash !== head.hash) {
    return { sound: false, checked, broken: { seq: Math.min(last.seq + 1, head.seq), problem: "head" } };
  }
  const contradicts = kept !== undefined && kept.seq === anchor.seq && kept.hash !== anchor.hash;
  if (kept !== undefined && (kept.seq > last.seq || contradicts)) {
    return { sound: false, checked, broken: { seq: kept.seq, problem: "kept-head" } };
  }
  return { sound: true, checked, anchor, head: { seq: last.seq, hash: last.hash } };
}
