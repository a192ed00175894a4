/**
 * How long something that happens at any moment waits until this process gets to it: the delay of the event loop.
 *
 * A timer is asked to come every `PERIOD`, and what it is late is what a byte would have waited that came just then. A
 * process that stood still for long is seen by one late timer only, so the ones that did not come are counted, too, each
 * with what would have been left of the wait (the correction of HdrHistogram's `recordValueWithExpectedInterval`).
 */
import type { Clock } from "../engine/engine.ts";
import { Distribution, type DistributionValues } from "./distribution.ts";

/** In milliseconds: ten looks a second, which cost nothing that could be measured. */
const PERIOD = 100;

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export class LoopDelay {
  readonly #seen = new Distribution(BOUNDS);
  readonly #monotonic: () => number;
  readonly stop: () => void;
  #last: number;

  constructor({ monotonic, every }: Pick<Clock, "monotonic" | "every">) {
    this.#monotonic = monotonic;
    this.#last = monotonic();
    this.stop = every(PERIOD, () => this.#look());
  }

  /** In seconds. */
  get values(): DistributionValues {
    return this.#seen.values;
  }

  #look(): void {
    const now = this.#monotonic();
    let late = Math.max(0, now - this.#last - PERIOD);
    this.#last = now;
    do {
      this.#seen.see(late / 1_000);
      late -= PERIOD;
    } while (late > 0);
  }
}
