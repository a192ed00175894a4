/**
 * What a wrong token costs: a wait that doubles, and few may wait at once.
 *
 * 32 random bytes are not guessed; this keeps whoever tries from taking the processor. The right token is never kept waiting, so
 * nobody can lock its owner out.
 */

/** In milliseconds. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 4_000;

/** So long without a wrong token, in milliseconds, and the first wait holds again. */
const FORGOTTEN = 60_000;

const MOST_WAITING = 8;

export interface WrongTokensOptions {
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

export class WrongTokens {
  readonly #options: WrongTokensOptions;
  #waiting = 0;
  #count = 0;
  #last = -Infinity;

  constructor(options: WrongTokensOptions) {
    this.#options = options;
  }

  /** Resolves with `false` at once where too many wait already, else with `true` once the wait is over. */
  async another(): Promise<boolean> {
    const { now, wait } = this.#options;
    if (this.#waiting >= MOST_WAITING) return false;
    if (now() - this.#last > FORGOTTEN) this.#count = 0;
    this.#last = now();
    const time = Math.min(FIRST_WAIT * 2 ** this.#count, LONGEST_WAIT);
    this.#count += 1;
    this.#waiting += 1;
    await wait(time);
    this.#waiting -= 1;
    return true;
  }
}
