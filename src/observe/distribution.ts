/** How many of the values seen were at most so large, for bounds that do not move, and their sum. */

/** Plain data, the same before and after JSON. */
export interface DistributionValues {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** How many fell into each: at most its bound and above the one before; the last: above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  get values(): DistributionValues {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }

  see(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const at = found < 0 ? this.#bounds.length : found;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  /** Adds what another has seen; nothing where its bounds are others. */
  add({ bounds, counts, sum }: DistributionValues): void {
    if (String(bounds) !== String(this.#bounds)) return;
    for (const [at, count] of counts.entries()) this.#counts[at] = (this.#counts[at] ?? 0) + count;
    this.#sum += sum;
  }
}
