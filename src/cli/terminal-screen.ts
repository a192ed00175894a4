/**
 * The whole screen of the terminal that stdout is, for as long as it is held.
 *
 * Promises that the terminal is given back as it was, however the program ends: by `dispose`, by an error that nobody
 * caught, or by `process.exit`. What was on it before is there again.
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { ScreenLine, Size } from "./top-screen.ts";

/** xterm's control sequences ("ctlseqs"): another buffer, no cursor, and no wrapping: wide letters may make a line too long. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l";
const [HOME, REST_OF_LINE, REST_OF_SCREEN] = ["\u001b[H", "\u001b[K", "\u001b[J"];

const TONES = { strong: "1", heading: "7", trouble: "31" } as const;

/** Where the terminal does not say how large it is. */
const USUAL: Size = { columns: 80, rows: 24 };

export interface ScreenOptions {
  /** Whether lines may stand out. */
  readonly colour: boolean;
  /** Each character typed. Without a keyboard (stdin is no terminal) none comes. */
  readonly key: (key: string) => void;
  /** The size has changed, or the screen is ours again after a stop: draw. */
  readonly redraw: () => void;
  /** Ctrl-C, SIGINT, SIGTERM or SIGHUP: it should end. */
  readonly stop: () => void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export class TerminalScreen implements Disposable {
  readonly #options: ScreenOptions;
  /** Whether keys can be pressed. */
  readonly keyboard = isatty(0);
  #held = true;

  /** Takes the screen; stdout is a terminal. */
  constructor(options: ScreenOptions) {
    this.#options = options;
    process.on("exit", this.#restore);
    for (const signal of SIGNALS) process.on(signal, options.stop);
    process.on("SIGCONT", this.#resume);
    process.stdout.on("resize", options.redraw);
    if (this.keyboard) process.stdin.setRawMode(true).on("data", this.#typed);
    process.stdout.write(ENTER);
  }

  get size(): Size {
    const { columns, rows } = process.stdout;
    return { columns: columns > 0 ? columns : USUAL.columns, rows: rows > 0 ? rows : USUAL.rows };
  }

  draw(lines: readonly ScreenLine[]): void {
    if (!this.#held) return;
    // Erased before it is written: behind a line that is as wide as the screen, its last character would go.
    const erase = (at: number): string => (at === lines.length - 1 ? REST_OF_SCREEN : REST_OF_LINE);
    process.stdout.write(HOME + lines.map((line, at) => erase(at) + this.#toned(line)).join("\r\n"));
  }

  [Symbol.dispose](): void {
    this.#restore();
    const { redraw, stop } = this.#options;
    process.off("exit", this.#restore).off("SIGCONT", this.#resume);
    for (const signal of SIGNALS) process.off(signal, stop);
    process.stdout.off("resize", redraw);
    if (this.keyboard) process.stdin.off("data", this.#typed).pause();
  }

  /** Written at once: at the exit there is no later. */
  readonly #restore = (): void => {
    if (!this.#held) return;
    this.#held = false;
    try {
      if (this.keyboard) process.stdin.setRawMode(false);
      writeSync(1, LEAVE);
    } catch {
      // The terminal has gone: there is nothing to give back.
    }
  };

  /** A shell that had stopped us has used the terminal its own way since. */
  readonly #resume = (): void => {
    if (this.keyboard) process.stdin.setRawMode(false).setRawMode(true);
    process.stdout.write(ENTER);
    this.#options.redraw();
  };

  readonly #typed = (typed: Buffer): void => {
    // Keys pressed together arrive together; 3 is Ctrl-C and 4 Ctrl-D where the terminal does not act on them itself.
    for (const key of typed.toString()) {
      if (key === "\u0003" || key === "\u0004") this.#options.stop();
      else this.#options.key(key);
    }
  };

  #toned({ text, tone }: ScreenLine): string {
    return tone === undefined || !this.#options.colour ? text : `\u001b[${TONES[tone]}m${text}\u001b[0m`;
  }
}
