/**
 * Refusals on their way to whoever is told of them: after a moment to whoever follows (`RefusalBurst`), and added up
 * (`RefusalTally`), at the pace of `RefusalPace`, to log and journal.
 *
 * The caller brings a timer, for it may have to ask others for theirs before a report is due.
 */
import type { Clock } from "../engine/engine.ts";
import { RefusalBurst } from "./refusal-burst.ts";
import { RefusalPace } from "./refusal-pace.ts";
import { type Addable, RefusalTally, type TalliedRefusal } from "./refusals.ts";

/** How often refusals are told while they go on, in milliseconds. */
const REFUSAL_PERIOD = 10_000;

export interface RefusalReportOptions {
  readonly clock: Clock;
  /** How often refusals are told while they go on, in milliseconds; default 10,000. */
  readonly period?: number | undefined;
  /** Called with what came within a moment. */
  readonly followed: (rows: readonly TalliedRefusal[]) => void;
  /** Called with what is due, most frequent first; never with nothing. */
  readonly told: (rows: readonly TalliedRefusal[]) => void;
}

export class RefusalReport {
  readonly #clock: Clock;
  readonly #told: RefusalReportOptions["told"];
  readonly #tally = new RefusalTally();
  readonly #burst: RefusalBurst;
  readonly #pace: RefusalPace;

  constructor({ clock, period = REFUSAL_PERIOD, followed, told }: RefusalReportOptions) {
    this.#clock = clock;
    this.#told = told;
    this.#pace = new RefusalPace(period);
    this.#burst = new RefusalBurst(clock, (rows) => {
      for (const row of rows) this.#tally.add(row);
      followed(rows);
    });
  }

  /** How often to call `tellDue`, in milliseconds. */
  get beat(): number {
    return this.#pace.shortest;
  }

  add(refusal: Addable): void {
    this.#burst.add(refusal);
  }

  /** Has whoever follows know of the last ones, too. */
  flush(): void {
    this.#burst.flush();
  }

  /** Tells what there is, where a report is due. */
  tellDue(): void {
    if (this.#pace.isDue(this.#clock.monotonic())) this.tell();
  }

  /** Tells what there is, now. */
  tell(): void {
    this.#burst.flush();
    const rows = this.#tally.take();
    if (rows.length > 0) this.#told(rows);
    this.#pace.told(rows.length, this.#clock.monotonic());
  }
}
