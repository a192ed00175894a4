/**
 * Rows that wait to be written: bounded, and what does not fit is counted.
 *
 * Each kind has a bound of its own, so that a flood of refusals never pushes out the payments. What was dropped travels
 * with the next batch as a gap: the journal itself says what it lacks.
 */
import type { SessionRecord } from "../engine/records.ts";
import { type Batch, BatchBuilder, type PackedChange, type Refused, rowsOf } from "./batch.ts";
import type { Gap } from "./rows.ts";

export interface Counts {
  readonly sessions: number;
  readonly refusals: number;
  readonly changes: number;
}

export interface BacklogOptions {
  /** Most rows kept, of each kind. */
  readonly bounds: Counts;
  /** Rows in a full batch. */
  readonly batch: number;
  readonly wall: () => number;
}

const NOTHING: Counts = { sessions: 0, refusals: 0, changes: 0 };

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #sealed: Batch[] = [];
  #building = new BatchBuilder();
  #kept = NOTHING;
  #dropped = NOTHING;
  #gap: Gap | undefined;
  #numbers = 0;
  /** What stands in the way of writing, for the gap. */
  why = "the journal did not keep up";

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Rows that wait. */
  get kept(): Counts {
    return this.#kept;
  }

  /** Rows that were dropped since the beginning. */
  get dropped(): Counts {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#sealed.length === 0 && this.#building.rows === 0 && this.#gap === undefined;
  }

  /** Whether a full batch waits. */
  get hasFull(): boolean {
    return this.#sealed.length > 0;
  }

  session(record: SessionRecord): void {
    if (this.#takes("sessions")) this.#building.session(record);
    this.#sealFull();
  }

  refused(row: Refused): void {
    if (this.#takes("refusals")) this.#building.refused(row);
    this.#sealFull();
  }

  changed(change: PackedChange): void {
    if (this.#takes("changes")) this.#building.changed(change);
    this.#sealFull();
  }

  /** The batch to write next, which stays until it is settled; `undefined` where nothing waits. */
  next(): Batch | undefined {
    if (this.#sealed.length === 0 && !this.isEmpty) this.#seal();
    return this.#sealed[0];
  }

  /** The first batch is written, or given up for lost. */
  settle(fate: "written" | "lost"): void {
    const batch = this.#sealed.shift();
    if (batch === undefined) return;
    const rows = rowsOf(batch);
    this.#kept = added(this.#kept, rows, -1);
    if (fate === "lost") this.drop(rows, batch.gap);
  }

  /** Counts rows as dropped, together with a gap that never came to be written. */
  drop(rows: Counts, before?: Gap): void {
    const now = Math.round(this.#options.wall());
    this.#dropped = added(this.#dropped, rows);
    for (const more of [before, { from: now, to: now, ...rows, why: `dropped: ${this.why}` }]) {
      if (more !== undefined) this.#gap = this.#gap === undefined ? more : widened(this.#gap, more);
    }
  }

  #takes(kind: keyof Counts): boolean {
    if (this.#kept[kind] >= this.#options.bounds[kind]) {
      this.drop({ ...NOTHING, [kind]: 1 });
      return false;
    }
    this.#kept = { ...this.#kept, [kind]: this.#kept[kind] + 1 };
    return true;
  }

  #sealFull(): void {
    if (this.#building.rows >= this.#options.batch) this.#seal();
  }

  #seal(): void {
    this.#numbers += 1;
    this.#sealed.push(this.#building.seal(this.#numbers, Math.round(this.#options.wall()), this.#gap));
    this.#building = new BatchBuilder();
    this.#gap = undefined;
  }
}

export function added(a: Counts, b: Counts, sign: 1 | -1 = 1): Counts {
  return {
    sessions: a.sessions + sign * b.sessions,
    refusals: a.refusals + sign * b.refusals,
    changes: a.changes + sign * b.changes,
  };
}

/** The clock may have gone backwards between the two. */
function widened(gap: Gap, more: Gap): Gap {
  const instants = [gap.from, gap.to, more.from, more.to];
  return { from: Math.min(...instants), to: Math.max(...instants), ...added(gap, more), why: more.why };
}
