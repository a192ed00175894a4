/**
 * The instant by which old rows are judged: a clock that leaps ahead must not delete the journal.
 *
 * A host that starts with a wrong date, or an administrator's slip, is put right within minutes; deleted rows do not come
 * back. So a leap of more than a day is believed only after an hour. A leap back deletes nothing anyway.
 */
const LEAP = 86_400_000;
const HELD = 3_600_000;

export interface Instants {
  /** Milliseconds since the epoch. */
  readonly wall: number;
  /** Milliseconds that only go forward. */
  readonly monotonic: number;
}

export class TrustedNow {
  #trusted: Instants;
  #leapt: Instants | undefined;

  /** `last`: the last instant known from before, and the monotonic clock now. */
  constructor(last: Instants) {
    this.#trusted = last;
  }

  /** The instant to judge by. */
  at(now: Instants): number {
    const expected = this.#trusted.wall + now.monotonic - this.#trusted.monotonic;
    if (now.wall <= expected + LEAP) {
      this.#leapt = undefined;
      this.#trusted = now;
      return now.wall;
    }
    this.#leapt ??= now;
    if (now.monotonic - this.#leapt.monotonic < HELD) return expected;
    this.#trusted = now;
    return now.wall;
  }
}
