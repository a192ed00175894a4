/**
 * The places at one terminal, and the line before it.
 *
 * A terminal that takes one session at a time must never see two, and a till that reconnects right after its last
 * payment must not be refused because the old session has not finished closing. So a newcomer that finds no place waits
 * a moment: long enough for a close already under way to be seen, and on while that close goes on, within a bound.
 *
 * Where the newcomer's flow has a queue (`busy: queue`), as many as it is long wait as long as it says; who comes behind
 * them has the same moment as ever, and takes a place in the queue when one is free by then. The line is the terminal's:
 * whatever flow they came by, first come first served. How long it may be and how long one waits is the newcomer's own
 * flow's to say, for two flows to one terminal may promise different things; and as it is asked anew each time, a new
 * policy's bounds hold for those who wait already. Where it is shorter then, it is the last ones who go.
 */
import type { Queue } from "../../inventory/model.ts";

/** What the line needs to know of a session that holds or wants a place. */
export interface Occupant {
  /** Whether one of its directions has ended, so that its place is about to be free. */
  readonly closing: boolean;
  /** How long the line may be that it waits in, and for how long it may; absent: a moment. May change. */
  readonly queue: Queue | undefined;
  /** Called when the waiting occupant has a place. */
  readonly seated: () => void;
  /** Called when the waiting occupant will not get one. */
  readonly turnedAway: () => void;
  /** Called on one that holds a place when somebody comes: it leaves at once. Absent: it stays. */
  readonly giveWay?: () => void;
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
   * Gives a place at once, or puts the occupant in line, or says there is no room. Behind the queue, the line is as long
   * as there are places, one till coming back for each session that may be closing, and a few longer.
   */
  take(occupant: Occupant, now: number): "seated" | "waiting" | "full" {
    for (const inside of this.#seated) inside.giveWay?.();
    if (this.#seated.size < this.limit && this.#line.length === 0) {
      this.#seated.add(occupant);
      return "seated";
    }
    if (this.#line.length >= (occupant.queue?.length ?? 0) + this.limit + SPARE) return "full";
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

  /**
   * Turns away those who waited in vain: `GRACE` while nobody is closing, `longest` while somebody is; in a queue, no less
   * than its wait.
   */
  sweep(now: number, longest: number): void {
    if (this.#line.length === 0) return;
    this.#seatNext();
    const moment = [...this.#seated].some(({ closing }) => closing) ? longest : Math.min(GRACE, longest);
    const line: Waiting[] = [];
    const late: Waiting[] = [];
    for (const waiting of this.#line) {
      // Counted without those who are late: whoever stands behind them has moved up.
      const bound = Math.max(moment, queueTime(waiting.occupant, line.length));
      (now - waiting.since < bound ? line : late).push(waiting);
    }
    this.#line = line;
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

/** How long an occupant may wait that has so many before it in line, in milliseconds; 0: it is not in its queue. */
function queueTime({ queue }: Occupant, before: number): number {
  return queue !== undefined && before < queue.length ? queue.wait : 0;
}
