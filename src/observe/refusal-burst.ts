/**
 * Refusals, handed on together a moment after the first of them: soon enough for a screen, and still one row for however
 * many knocks. No timer runs while nobody is refused.
 */
import type { Clock } from "../engine/engine.ts";
import { type Addable, RefusalTally, type TalliedRefusal } from "./refusals.ts";

/** Milliseconds. With the stream's own beat of 50, whoever follows knows within 150. */
const BURST = 90;

/** Rows of one burst that are told one by one. */
const ROWS = 100;

export class RefusalBurst {
  readonly #clock: Clock;
  readonly #taken: (rows: readonly TalliedRefusal[]) => void;
  readonly #tally = new RefusalTally();
  #stop: (() => void) | undefined;

  constructor(clock: Clock, taken: (rows: readonly TalliedRefusal[]) => void) {
    this.#clock = clock;
    this.#taken = taken;
  }

  add(refusal: Addable): void {
    this.#tally.add(refusal);
    this.#stop ??= this.#clock.every(BURST, () => this.flush());
  }

  /** Hands on what there is, now. */
  flush(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (!this.#tally.isEmpty) this.#taken(this.#tally.take());
  }
}

/** The most frequent rows of a burst; the rest added up by outcome, so that none goes uncounted. */
export function mostFrequent(rows: readonly TalliedRefusal[], most: number = ROWS): readonly TalliedRefusal[] {
  if (rows.length <= most) return rows;
  const rest = Map.groupBy(rows.slice(most), ({ outcome }) => outcome);
  const sums = Array.from(rest, ([outcome, its]): TalliedRefusal => {
    const count = its.reduce((sum, row) => sum + row.count, 0);
    return { flow: undefined, source: undefined, outcome, reason: "many-sources", count };
  });
  return [...rows.slice(0, most), ...sums];
}
