/** `ecluse top [SELECTOR]`: what goes on, again and again: a screen of a terminal, or frames one after another. */
import { setTimeout as passing } from "node:timers/promises";
import { isatty } from "node:tty";
import { EcluseError } from "../../errors.ts";
import { ask } from "../ask.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation, Run } from "../command.ts";
import { withSocket } from "../control-socket.ts";
import { durationOption, numberOption } from "../given.ts";
import { TerminalScreen } from "../terminal-screen.ts";
import { type TopAnswer, type TopFrame, topFrame } from "../top-frame.ts";
import { type TopOrder, type TopView, topScreen } from "../top-screen.ts";

/** Milliseconds. */
const [SHORTEST, LONGEST, USUAL] = [100, 3_600_000, 1_000];
/** How long the gateway may take to answer before the screen says that it does not, in milliseconds. */
const PATIENCE = 5_000;

/** Throws `no-gateway` where nobody answers at the start, `no-such-flow` where the selector names none then. */
export const run: Run = (given) => {
  const invocation = withSocket(given);
  const { options } = given;
  const every = everyOption(options);
  const count = numberOption(options, "count");
  const onScreen = isatty(1) && options["json"] === undefined && count === undefined;
  return onScreen ? watch(invocation, every) : print(invocation, every, count ?? 1);
};

function everyOption(options: Invocation["options"]): number {
  const every = durationOption(options, "every") ?? USUAL;
  if (every >= SHORTEST && every <= LONGEST) return every;
  throw new EcluseError("usage", "Cannot look so often: --every is out of bounds", { hint: "write 100ms to 1h" });
}

async function answers(invocation: Invocation, signal?: AbortSignal): Promise<TopAnswer> {
  const [select] = invocation.operands;
  const asking = { patience: PATIENCE, ...(signal === undefined ? {} : { signal }) };
  const [overview, sessions] = await Promise.all([
    ask(invocation, "overview", { select }, asking),
    ask(invocation, "sessions", { select }, asking),
  ]);
  return { at: systemClock.monotonic(), overview, sessions };
}

/** So many frames, the first when there is something to compare with. */
async function print(invocation: Invocation, every: number, count: number): Promise<ExitCode> {
  const { options, operands, io } = invocation;
  let before = await answers(invocation);
  for (let printed = 0; printed < count; printed += 1) {
    await passing(every);
    const after = await answers(invocation);
    const frame = topFrame(before, after);
    if (options["json"] !== undefined) io.out(`${JSON.stringify(frame)}\n`);
    else io.out(`${printed === 0 ? "" : "\n"}${asText({ frame, select: operands[0], order: "busiest" })}`);
    before = after;
  }
  return 0;
}

function asText(view: TopView): string {
  const endless = { columns: Number.MAX_SAFE_INTEGER, rows: Number.MAX_SAFE_INTEGER };
  return topScreen(view, endless)
    .map(({ text }) => `${text}\n`)
    .join("");
}

async function watch(invocation: Invocation, every: number): Promise<ExitCode> {
  const stop = new AbortController();
  const watching = new Watching(invocation, await answers(invocation));
  using screen = new TerminalScreen({
    colour: invocation.io.colour,
    key: (key) => {
      if (key === "q" || key === "Q") stop.abort();
      else if (watching.pressed(key)) draw();
    },
    redraw: () => draw(),
    stop: () => stop.abort(),
  });
  const draw = (): void => screen.draw(topScreen(watching.view(screen.keyboard), screen.size));
  const isStopped = (): boolean => stop.signal.aborted;
  draw();
  while (!isStopped()) {
    // Told to stop while waiting: then there is nothing left to wait for.
    await passing(every, undefined, { signal: stop.signal }).catch(() => undefined);
    await watching.look(stop.signal);
    if (!isStopped()) draw();
  }
  return 0;
}

/** What the screen shows, and how. */
class Watching {
  readonly #invocation: Invocation;
  #last: TopAnswer;
  #frame: TopFrame;
  #order: TopOrder = "busiest";
  #paused = false;
  #trouble: TopView["trouble"];

  constructor(invocation: Invocation, first: TopAnswer) {
    this.#invocation = invocation;
    this.#last = first;
    this.#frame = topFrame(undefined, first);
  }

  /** Asks the gateway, unless paused; one that does not answer is shown, and asked again the next time. */
  async look(signal: AbortSignal): Promise<void> {
    if (this.#paused || signal.aborted) return;
    try {
      const answer = await answers(this.#invocation, signal);
      this.#frame = topFrame(this.#last, answer);
      this.#last = answer;
      this.#trouble = undefined;
    } catch (error) {
      if (!(error instanceof EcluseError)) throw error;
      this.#trouble = { since: this.#trouble?.since ?? systemClock.wall(), message: error.message };
    }
  }

  /** Whether that key does something. */
  pressed(key: string): boolean {
    if (key === "o" || key === "O") this.#order = this.#order === "busiest" ? "oldest" : "busiest";
    else if (key === " ") this.#paused = !this.#paused;
    else return false;
    return true;
  }

  view(keyboard: boolean): TopView {
    const keys = `q quit  o order (${this.#order} first)  space ${this.#paused ? "go on (paused)" : "pause"}`;
    return {
      frame: this.#frame,
      select: this.#invocation.operands[0],
      order: this.#order,
      foot: keyboard ? keys : "Ctrl-C quits",
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    };
  }
}
