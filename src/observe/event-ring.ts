/** The last events, each with its number: what somebody who was away for a moment can be told afterwards. Bounded. */
import type { StreamEvent } from "./stream-events.ts";

export class EventRing {
  readonly #events: StreamEvent[] = [];
  readonly #limit: number;
  #last = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of the last event; 0: there was none yet. */
  get last(): number {
    return this.#last;
  }

  add(event: StreamEvent): void {
    this.#events[this.#last % this.#limit] = event;
    this.#last += 1;
  }

  /** Whether every event after that number is still here. */
  reaches(number: number): boolean {
    return number >= this.#last - this.#limit && number >= 0 && number <= this.#last;
  }

  /** The events after that number, at most so many; it must be one that the ring reaches. */
  after(number: number, most: number): readonly { readonly number: number; readonly event: StreamEvent }[] {
    const count = Math.min(most, this.#last - number);
    return Array.from({ length: count }, (_, index) => {
      const event = this.#events[(number + index) % this.#limit];
      if (event === undefined) throw new RangeError(`no event after ${number + index}`);
      return { number: number + index + 1, event };
    });
  }
}
