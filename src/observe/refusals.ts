/**
 * Refused connections, added up per source, flow and reason.
 *
 * A scanner knocks thousands of times a second: one line for each would be an attack on the log. The tally is bounded;
 * what does not fit any more is added up under no source at all, so that no refusal goes uncounted.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Refusal } from "../engine/engine.ts";

export interface TalliedRefusal {
  readonly flow: string | undefined;
  readonly source: Ipv4 | undefined;
  readonly outcome: Refusal["outcome"];
  readonly reason: Refusal["reason"] | "many-sources";
  readonly count: number;
}

/** Distinct rows between two reports; each takes about 200 bytes. */
const ROWS = 10_000;

export class RefusalTally {
  readonly #rows = new Map<string, { -readonly [key in keyof TalliedRefusal]: TalliedRefusal[key] }>();
  readonly #limit: number;

  constructor(limit: number = ROWS) {
    this.#limit = limit;
  }

  add(refusal: Refusal): void {
    const key = `${refusal.source ?? ""} ${refusal.flow ?? ""} ${refusal.reason}`;
    const row = this.#rows.get(key);
    if (row !== undefined) row.count += 1;
    else if (this.#rows.size < this.#limit) this.#rows.set(key, { ...pick(refusal), count: 1 });
    else this.#addBeyond(refusal.outcome);
  }

  #addBeyond(outcome: Refusal["outcome"]): void {
    const row = this.#rows.get(outcome);
    if (row !== undefined) row.count += 1;
    else this.#rows.set(outcome, { flow: undefined, source: undefined, outcome, reason: "many-sources", count: 1 });
  }

  /** What was added since the last call; most frequent first. */
  take(): readonly TalliedRefusal[] {
    const rows = [...this.#rows.values()].sort((a, b) => b.count - a.count);
    this.#rows.clear();
    return rows;
  }
}

function pick({ flow, source, outcome, reason }: Refusal): Omit<TalliedRefusal, "count"> {
  return { flow, source, outcome, reason };
}
