/**
 * How long temporary grants may last by a clock that nobody sets.
 *
 * A grant ends at an instant of the wall clock, which is what people were told. Where that clock is set back, the instant
 * moves away, and who was let in for two hours would stay for three: so each grant also ends when its duration is over
 * by the monotonic clock. Why, and what a restart means for it: docs/decisions/clocks.md.
 */
import type { TemporaryGrant } from "./temporary-grants.ts";

export interface Instants {
  /** Milliseconds since the epoch. */
  readonly wall: number;
  /** Milliseconds that only go forward. */
  readonly monotonic: number;
}

/** Milliseconds by which the wall clock may be late without being thought to have been set back. */
const SLACK = 1_000;

export class GrantDeadlines {
  readonly #deadlines = new Map<string, number>();

  /** Learns of grants that are new; the others keep their deadlines. */
  note(grants: readonly TemporaryGrant[], { wall, monotonic }: Instants): void {
    for (const { id, at, until } of grants) {
      // A grant of before this process, with a clock that was set back meanwhile, would have more left than it ever had.
      const left = Math.min(until - wall, until - at);
      if (!this.#deadlines.has(id)) this.#deadlines.set(id, monotonic + left + SLACK);
    }
  }

  /** The grants whose time is over by this clock, whatever the wall clock says. */
  over(grants: readonly TemporaryGrant[], monotonic: number): readonly TemporaryGrant[] {
    return grants.filter(({ id }) => monotonic >= (this.#deadlines.get(id) ?? Infinity));
  }
}
