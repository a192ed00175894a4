/**
 * When the next batch is sent: when it is full or its first row has waited long enough, one at a time, and after a failure
 * the same one again, after a pause that doubles.
 */
import type { Clock } from "../engine/engine.ts";
import type { Backlog } from "./backlog.ts";
import type { Batch } from "./batch.ts";

export interface DeliveryOptions {
  readonly backlog: Backlog;
  readonly clock: Clock;
  /** Longest that a row waits for company, in milliseconds. */
  readonly period: number;
  /** Milliseconds before the first new try. */
  readonly pause: number;
  readonly send: (batch: Batch) => void;
}

/** The longest pause, in first ones. */
const LONGEST = 32;

export class Delivery {
  readonly #options: DeliveryOptions;
  /** When the batch now being written was sent, by the monotonic clock. */
  #sent: number | undefined;
  #stopWaiting: (() => void) | undefined;
  #paused = false;
  #failures = 0;
  #flushing: PromiseWithResolvers<undefined> | undefined;
  #ended = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Milliseconds since a batch was sent that nobody has answered for. */
  get silence(): number {
    return this.#sent === undefined ? 0 : this.#options.clock.monotonic() - this.#sent;
  }

  /** Rows were added. */
  soon(): void {
    const { backlog, period } = this.#options;
    if (this.#ended || this.#sent !== undefined || this.#paused) return;
    if (backlog.hasFull || this.#flushing !== undefined) this.#send();
    else if (!backlog.isEmpty) this.#wait(period);
  }

  /** The batch was written, or given up for lost. */
  settled(fate: "written" | "lost"): void {
    this.#options.backlog.settle(fate);
    this.#sent = undefined;
    this.#failures = 0;
    this.soon();
  }

  /** The batch could not be written for now. */
  failed(): void {
    this.#sent = undefined;
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    if (this.#ended) return;
    this.#paused = true;
    this.#wait(this.#options.pause * Math.min(LONGEST, 2 ** this.#failures));
    this.#failures += 1;
  }

  /** Sends everything without waiting for more. Resolves once nothing waits, which may be never: see `end`. */
  flush(): Promise<undefined> {
    this.#flushing ??= Promise.withResolvers();
    this.#resume();
    return this.#flushing.promise;
  }

  /** Sends nothing any more. */
  end(): void {
    this.#ended = true;
    this.#stopWaiting?.();
  }

  #send(): void {
    const batch = this.#options.backlog.next();
    if (batch === undefined) {
      this.#flushing?.resolve(undefined);
      return;
    }
    this.#sent = this.#options.clock.monotonic();
    this.#options.send(batch);
  }

  /** One wait at a time: for company, or after a failure. */
  #wait(milliseconds: number): void {
    this.#stopWaiting ??= this.#options.clock.every(milliseconds, () => this.#resume());
  }

  #resume(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#paused = false;
    if (this.#sent === undefined && !this.#ended) this.#send();
  }
}
