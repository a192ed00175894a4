/**
 * The places at one terminal, and the short line before it.
 *
 * A terminal that takes one session at a time must never see two, and a till that reconnects right after its last
 * payment must not be refused because the old session has not finished closing. So a newcomer that finds no place waits
 * a moment: long enough for a close already under way to be seen, and on while that close goes on, within a bound.
 */

/** What the line needs to know of a session that holds or wants a place. */
export interface Occupant {
  /** Whether one of its directions has ended, so that its place is about to be free. */
  readonly closing: boolean;
  /** Called when the waiting occupant has a place. */
  readonly seated: () => void;
  /** Called when the waiting occupant will not get one. */
  readonly turnedAway: () => void;
}

/** How long a newcomer waits for a first sign that a place is being left, in milliseconds. */
export const GRACE = 250;

/** How much longer than the places the line may be: callers who hang up at once stand in it until that is seen. */
export const SPARE = 4;

interface Waiting {
  readonly occupant: Occupant;
  readonly since: number;
}

export class Slots {
  /** Places at once; may be changed by a new policy. */
  limit: number;
  readonly #seated = new Set<Occupant>();
  #line: Waiting[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get isEmpty(): boolean {
    return this.#seated.size === 0 && this.#line.length === 0;
  }

  /**
   * Gives a place at once, or puts the occupant in line, or says there is no room. The line is as long as there are
   * places, one till coming back for each session that may be closing, and a few longer.
   */
  take(occupant: Occupant, now: number): "seated" | "waiting" | "full" {
    if (this.#seated.size < this.limit && this.#line.length === 0) {
      this.#seated.add(occupant);
      return "seated";
    }
    if (this.#line.length >= this.limit + SPARE) return "full";
    this.#line.push({ occupant, since: now });
    return "waiting";
  }

  /** Gives a place to one who has it already, whatever the limit. */
  hold(occupant: Occupant): void {
    this.#seated.add(occupant);
  }

  /** Frees the occupant's place, or forgets it in the line. Safe to call more than once. */
  leave(occupant: Occupant): void {
    this.#seated.delete(occupant);
    this.#line = this.#line.filter((waiting) => waiting.occupant !== occupant);
    this.#seatNext();
  }

  /** Turns away those who waited in vain: `GRACE` while nobody is closing, `longest` while somebody is. */
  sweep(now: number, longest: number): void {
    if (this.#line.length === 0) return;
    this.#seatNext();
    const bound = [...this.#seated].some(({ closing }) => closing) ? longest : Math.min(GRACE, longest);
    const late = this.#line.filter(({ since }) => now - since >= bound);
    this.#line = this.#line.filter(({ since }) => now - since < bound);
    for (const { occupant } of late) occupant.turnedAway();
  }

  #seatNext(): void {
    while (this.#seated.size < this.limit) {
      const next = this.#line.shift();
      if (next === undefined) return;
      this.#seated.add(next.occupant);
      next.occupant.seated();
    }
  }
}
