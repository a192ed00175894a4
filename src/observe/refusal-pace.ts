/**
 * When refusals are told in log and journal: at once where there were none before, then ever more seldom while they go on,
 * so that one knock is known soon and a flood is not a flood of lines.
 */

/** Milliseconds. */
const SHORTEST = 1_000;

export class RefusalPace {
  readonly #longest: number;
  #wait: number;
  #next = -Infinity;

  /** `longest`: milliseconds between two reports of a flood. */
  constructor(longest: number) {
    this.#longest = longest;
    this.#wait = this.shortest;
  }

  /** How often to ask. Milliseconds. */
  get shortest(): number {
    return Math.min(SHORTEST, this.#longest);
  }

  /** `now`: monotonic. */
  isDue(now: number): boolean {
    return now >= this.#next;
  }

  /** A report was due; `rows`: how long it was. */
  told(rows: number, now: number): void {
    this.#wait = rows === 0 ? this.shortest : Math.min(2 * this.#wait, this.#longest);
    this.#next = rows === 0 ? now : now + this.#wait;
  }
}
