/**
 * Who was refused of late: one row for each source, flow and reason, the last to knock first.
 *
 * Bounded, for a stranger must not be able to make it grow: who knocks most lately stays.
 */
import type { RefusedNow } from "./stream-events.ts";

export interface RecentRefusal extends Pick<RefusedNow, "source" | "flow" | "reason"> {
  /** Since `first`. */
  readonly count: number;
  /** Milliseconds since the epoch; a row that nobody added to for a quarter of an hour begins anew. */
  readonly first: number;
  readonly last: number;
}

/** In milliseconds. */
const RECENT = 900_000;
const ROWS = 500;

export class RecentRefusals {
  /** In the order of the last refusal, the oldest first. */
  readonly #rows = new Map<string, RecentRefusal>();
  readonly #limit: number;

  constructor(limit: number = ROWS) {
    this.#limit = limit;
  }

  add({ source, flow, reason, count, at }: RefusedNow): void {
    const key = `${source ?? ""} ${flow ?? ""} ${reason}`;
    const known = this.#rows.get(key);
    const before = known !== undefined && at - known.last < RECENT ? known : { count: 0, first: at };
    this.#rows.delete(key);
    this.#rows.set(key, { source, flow, reason, count: before.count + count, first: before.first, last: at });
    if (this.#rows.size > this.#limit) this.#dropOldest();
  }

  /** Those of the last quarter of an hour that `has` asks for, at most so many. */
  list(
    now: number,
    { most, has }: { readonly most: number; readonly has: (row: RecentRefusal) => boolean },
  ): readonly RecentRefusal[] {
    return [...this.#rows.values()]
      .reverse()
      .filter((row) => now - row.last < RECENT && has(row))
      .slice(0, most);
  }

  #dropOldest(): void {
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined) this.#rows.delete(oldest);
  }
}
