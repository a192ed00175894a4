/** A bar on stderr for what takes more than two seconds; nothing where nobody would see it move. */
import { isatty } from "node:tty";
import type { Io } from "./command.ts";

/** Milliseconds before it is shown, and between two looks of it. */
const PATIENCE = 2_000;
const EVERY = 100;

const WIDTH = 30;

export class Progress {
  readonly #io: Pick<Io, "err">;
  readonly #what: string;
  readonly #total: number;
  readonly #began = performance.now();
  #done = 0;
  #shown = 0;

  constructor(io: Pick<Io, "err">, what: string, total: number) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
  }

  step(): void {
    this.#done += 1;
    const now = performance.now();
    if (!isatty(2) || now - this.#began < PATIENCE || now - this.#shown < EVERY) return;
    this.#shown = now;
    this.#io.err(`\r\u001b[K${barOf(this.#what, this.#done, this.#total)}`);
  }

  end(): void {
    if (this.#shown > 0) this.#io.err("\r\u001b[K");
  }
}

/** `probing [##########--------------------] 12 of 36` */
export function barOf(what: string, done: number, total: number): string {
  const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
  return `${what} [${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${done} of ${total}`;
}
