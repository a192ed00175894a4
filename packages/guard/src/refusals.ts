/**
 * What becomes of a refusal besides the refused: a counter, the caller's hook, and a line in the log that a flood
 * cannot turn into many.
 */
import { writeSync } from "node:fs";
import { quoted } from "./quoted.ts";

/** One refused connection or request. */
export interface Refusal {
  /** The peer as its socket named it; `undefined` when it was already gone, or never had an address. */
  readonly address: string | undefined;
  /** The local port it came to, as far as known. */
  readonly port: number | undefined;
  /** Where it was judged: when it connected, or in a request. */
  readonly at: "connection" | "request";
}

/** Milliseconds in which one line is written at most. */
const WINDOW = 10_000;

export interface RefusalOptions {
  /** Told of each refusal. What it throws, or rejects with if it is asynchronous, becomes a line of the log. */
  readonly onRefused?: ((refusal: Refusal) => unknown) | undefined;
  /** Where lines go; standard error by default. */
  readonly log?: ((line: string) => unknown) | false | undefined;
}

/** Counts refusals and tells of them. The first is told at once; those of the next ten seconds in one line at their end. */
export class Refusals {
  #count = 0;
  #untold = 0;
  #last: Refusal | undefined;
  #window: NodeJS.Timeout | undefined;
  readonly #hook: ((refusal: Refusal) => unknown) | undefined;
  readonly #log: (line: string) => unknown;

  constructor({ onRefused, log = writeLine }: RefusalOptions) {
    this.#hook = onRefused;
    this.#log = log === false ? () => undefined : log;
  }

  /** Refusals since the guard was built. */
  get count(): number {
    return this.#count;
  }

  add(refusal: Refusal): void {
    this.#count += 1;
    this.#last = refusal;
    if (this.#window === undefined) {
      void this.#tell(`refused ${describe(refusal)}`);
      this.#openWindow();
    } else this.#untold += 1;
    if (this.#hook !== undefined) void this.#callHook(this.#hook, refusal);
  }

  #openWindow(): void {
    // Nobody's process stays alive for a log line.
    this.#window = setTimeout(() => this.#closeWindow(), WINDOW).unref();
  }

  #closeWindow(): void {
    this.#window = undefined;
    if (this.#untold === 0 || this.#last === undefined) return;
    void this.#tell(`refused ${this.#untold} more in ${WINDOW / 1000} s, the last ${describe(this.#last)}`);
    this.#untold = 0;
    this.#openWindow();
  }

  /** A hook or a log that fails, at once or later, must not let anybody in, nor end the service. */
  async #callHook(hook: (refusal: Refusal) => unknown, refusal: Refusal): Promise<void> {
    try {
      await hook(refusal);
    } catch (error) {
      await this.#tell(`the onRefused hook threw: ${quoted(String(error))}`);
    }
  }

  async #tell(text: string): Promise<void> {
    try {
      await this.#log(`ecluse guard: ${text}`);
    } catch {
      // There is nowhere left to say it.
    }
  }
}

/**
 * Writes a line to standard error. Not through `process.stderr`, whose asynchronous error on a full disk ends the
 * process: a stranger who is refused often enough could then stop the service.
 */
export function writeLine(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // A log that cannot be written is lost; the refusal stands.
  }
}

function describe({ address, port, at }: Refusal): string {
  const who = address === undefined ? "a peer without an address" : quoted(address);
  return `${who}${port === undefined ? "" : `, port ${port}`}, at the ${at}`;
}
