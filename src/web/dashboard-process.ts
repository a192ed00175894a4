/**
 * The dashboard of a running gateway: a process of its own, so that nothing that happens there can touch a session.
 *
 * Follows what the inventory in force says. One that ends is started again, ever more slowly, and that is told once; the
 * channel to it is what it lives by: where this process dies, it ends by itself.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { formatAddress } from "@ecluse/guard/address";
import type { Clock } from "../engine/engine.ts";
import type { Endpoint } from "../inventory/model.ts";

/** Before it is started again, in milliseconds: twice as long each time. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** One that has served so long, in milliseconds, did not end for a reason that it will meet again at once. */
const SOUND = 60_000;

/** How long it may take to end when it is told to, in milliseconds. */
const LAST_ANSWERS = 2_000;

/** What it is told first. */
export interface DashboardSettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** The gateway's control socket. */
  readonly control: string;
  /** The state directory. */
  readonly state: string;
}

/** What it answers. */
export type DashboardAnswer =
  { readonly what: "serving"; readonly url: string } | { readonly what: "failed"; readonly message: string };

export interface DashboardProcessOptions extends Pick<DashboardSettings, "control" | "state"> {
  readonly clock: Clock;
  /** What the inventory in force says; absent: nowhere. */
  readonly where: () => Endpoint | undefined;
  /** Told when it cannot serve, in words, and without them when it can after all. */
  readonly changed: (listen: Endpoint, trouble: string | undefined) => void;
  /** Told each time that it begins to serve, with where it is opened, without the token. */
  readonly serving?: (url: string) => void;
  /** What is sent its settings, and answers. */
  readonly program: URL;
}

export class DashboardProcess implements AsyncDisposable {
  readonly #options: DashboardProcessOptions;
  #listen: Endpoint | undefined;
  #child: ChildProcess | undefined;
  #ending: Promise<unknown> = Promise.resolve();
  #isServing = false;
  #isTroubled = false;
  /** Whether the process has said that it serves. */
  #hasBegun = false;
  #pause = FIRST_PAUSE;
  #stopWaiting: (() => void) | undefined;

  constructor(options: DashboardProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Serves from now on. */
  serve(): void {
    this.#isServing = true;
    this.follow();
  }

  /** Another inventory may be in force. Where it serves as that says already, nothing is touched. */
  follow(): void {
    if (this.#isServing) void this.#move(this.#options.where());
  }

  /** What ends from now on is not started again. */
  last(): void {
    this.#isServing = false;
    this.#stopWaiting?.();
  }

  /** Resolves when it has ended, and its port is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.last();
    await this.#move(undefined);
  }

  async #move(listen: Endpoint | undefined): Promise<void> {
    if (isSame(listen, this.#listen)) return this.#ending.then(() => undefined);
    this.#listen = listen;
    this.#stopWaiting?.();
    [this.#isTroubled, this.#pause] = [false, FIRST_PAUSE];
    const ending = Promise.all([this.#ending, end(this.#child, this.#hasBegun)]);
    this.#child = undefined;
    this.#ending = ending;
    await ending;
    // Meanwhile it may be wanted elsewhere.
    if (listen !== undefined && isSame(listen, this.#listen)) this.#start(listen);
  }

  #start(listen: Endpoint): void {
    const { clock, control, state, program } = this.#options;
    const began = clock.monotonic();
    // Not even Ctrl-C at a terminal is its own to hear: whoever started it ends it. What it prints is a bug's stack.
    const child = fork(fileURLToPath(program), { stdio: ["ignore", "ignore", 2, "ipc"], detached: true });
    this.#child = child;
    this.#hasBegun = false;
    let failure: string | undefined;
    child.on("message", (message) => {
      const answer = message as DashboardAnswer;
      if (answer.what === "failed") failure = answer.message;
      else if (this.#child === child) this.#serves(listen, answer.url);
    });
    void ended(child).then((how) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (clock.monotonic() - began > SOUND) this.#pause = FIRST_PAUSE;
      if (this.#isServing)
        this.#again(listen, failure ?? `The dashboard on ${formatEndpoint(listen)} ended with ${how}`);
    });
    const settings: DashboardSettings = {
      ...{ listen: { host: formatAddress(listen.address), port: listen.port }, control, state },
    };
    child.send(settings, () => undefined);
  }

  #serves(listen: Endpoint, url: string): void {
    this.#hasBegun = true;
    this.#told(listen, undefined);
    this.#options.serving?.(url);
  }

  #again(listen: Endpoint, trouble: string): void {
    this.#told(listen, trouble);
    // Whoever was told may have had enough.
    if (!this.#isServing) return;
    const stop = this.#options.clock.every(this.#pause, () => {
      stop();
      this.#start(listen);
    });
    this.#stopWaiting = stop;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  /** Once, until it is well again. */
  #told(listen: Endpoint, trouble: string | undefined): void {
    const isTroubled = trouble !== undefined;
    if (isTroubled !== this.#isTroubled) this.#options.changed(listen, trouble);
    this.#isTroubled = isTroubled;
  }
}

/** Without its channel it answers what it has begun to, and ends; one that has not begun has nothing to answer. */
async function end(child: ChildProcess | undefined, hasBegun: boolean): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (hasBegun && child.connected) child.disconnect();
  else child.kill("SIGKILL");
  const late = setTimeout(() => child.kill("SIGKILL"), LAST_ANSWERS);
  await exited;
  clearTimeout(late);
}

/** Resolves with how. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", ({ message }) => resolve(message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code ?? "unknown"}`));
  });
}

function isSame(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one?.address === other?.address && one?.port === other?.port;
}

function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}
