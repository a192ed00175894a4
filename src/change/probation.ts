/** An applied inventory that goes back by itself unless it is confirmed: who waits for it, by a clock that nobody sets. */
import type { Clock } from "../engine/engine.ts";
import type { Pending } from "./history-confirm.ts";

/** Milliseconds before a rollback that failed is tried again. */
const RETRY = 10_000;

export interface ProbationOptions {
  readonly clock: Clock;
  /** What waits now. */
  readonly pending: () => Pending | undefined;
  /** Goes back. Where it cannot, it is tried again until nothing waits any more: a full disk keeps nothing for good. */
  readonly goBack: (pending: Pending) => Promise<unknown>;
  readonly failed: (error: unknown) => void;
}

export class Probation {
  readonly #options: ProbationOptions;
  #stop: (() => void) | undefined;

  constructor(options: ProbationOptions) {
    this.#options = options;
  }

  /** Waits for what is pending now, and for nothing else. */
  watch(): void {
    this.stop();
    const pending = this.#options.pending();
    if (pending !== undefined) this.#endAfter(pending.within, pending.number);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #endAfter(wait: number, number: number): void {
    this.#stop = this.#options.clock.every(wait, () => {
      this.#stop?.();
      const pending = this.#options.pending();
      // Confirmed or rolled back in the same turn: then nothing waits any more.
      if (pending?.number === number) this.#end(pending);
    });
  }

  #end(pending: Pending): void {
    this.#options.goBack(pending).catch((error: unknown) => {
      this.#options.failed(error);
      this.#endAfter(RETRY, pending.number);
    });
  }
}
