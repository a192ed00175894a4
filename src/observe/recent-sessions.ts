/** The sessions that ended last, for a first look: what is older, and all of it, is the journal's. */
import type { EndedEvent } from "./stream-events.ts";

export interface RecentSession extends Omit<EndedEvent, "session" | "started" | "rule"> {
  /** When it ended: milliseconds since the epoch. */
  readonly at: number;
}

const ROWS = 200;

export class RecentSessions {
  readonly #rows: RecentSession[] = [];
  readonly #limit: number;
  #next = 0;

  constructor(limit: number = ROWS) {
    this.#limit = limit;
  }

  add({ session: _session, rule: _rule, started, ...ended }: EndedEvent): void {
    this.#rows[this.#next] = { ...ended, at: started + ended.duration };
    this.#next = (this.#next + 1) % this.#limit;
  }

  /** The last to end first. */
  list({
    most,
    has,
  }: {
    readonly most: number;
    readonly has: (row: RecentSession) => boolean;
  }): readonly RecentSession[] {
    return [...this.#rows.slice(this.#next), ...this.#rows.slice(0, this.#next)].reverse().filter(has).slice(0, most);
  }
}
