/**
 * How often the kernel is read: what took a moment is read again a hundred such moments later, so that reading takes about
 * a hundredth of the time, however much there is to read and however busy the machine is.
 */

const MOMENTS = 100;

export class Pace {
  readonly #monotonic: () => number;
  readonly #longest: number;
  #next = -Infinity;

  /** `longest`: milliseconds after which it is read again, whatever it took. */
  constructor(monotonic: () => number, longest: number) {
    this.#monotonic = monotonic;
    this.#longest = longest;
  }

  get isDue(): boolean {
    return this.#monotonic() >= this.#next;
  }

  async spend<Result>(read: () => Promise<Result>): Promise<Result> {
    const began = this.#monotonic();
    try {
      return await read();
    } finally {
      const now = this.#monotonic();
      this.#next = now + Math.min(MOMENTS * (now - began), this.#longest);
    }
  }
}
