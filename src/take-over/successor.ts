/**
 * The new process, as the running one sees it: started with the listening sockets in its hands, heard, and ended again
 * where it does not get as far as serving.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { SessionOrder, SessionReport } from "../engine/handover.ts";
import { EcluseError } from "../errors.ts";
import { listeningSockets } from "./listening.ts";
import { type FromSuccessor, MARK, PROTOCOL, type Settings, type ToSuccessor, type Yours } from "./messages.ts";

/** Longest wait for "serving" once the sessions are handed over, in milliseconds. */
const LAST_STEP = 10_000;

/** Descriptors 0 to 2 are its standard ones, 3 is the channel. */
const FIRST_PASSED = 4;

/** How this program was called. */
export interface Program {
  /** Node, its options, the script, its words. */
  readonly line: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface SuccessorOptions {
  readonly program: Program;
  readonly settings: Settings;
  /** The descriptor of the state directory's lock. */
  readonly lock: number;
  readonly author: string;
  /** Milliseconds it has to be ready. */
  readonly within: number;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

export class Successor {
  readonly #child: ChildProcess;
  readonly #heard = new Map<FromSuccessor["what"], PromiseWithResolvers<FromSuccessor>>();
  readonly #ended = Promise.withResolvers<string>();
  #obey: (order: SessionOrder) => void = () => undefined;
  /** Reports that must not come before the sessions that they are about. */
  #early: SessionReport[] | undefined = [];
  /** Resolves when the other end's system has the last message. */
  #said: Promise<unknown> = Promise.resolve();
  version = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (message) => this.#hear(message as FromSuccessor | null));
    child.once("error", (error) => this.#ended.resolve(error.message));
    child.once("exit", (code, signal) => this.#ended.resolve(`it ended with ${signal ?? `exit code ${code}`}`));
    child.once("disconnect", () => this.#ended.resolve("it closed the channel"));
  }

  /** Starts this program anew, as it is on the disk now. Throws `not-taken-over`; then nothing of it is left. */
  static async start({ program, settings, lock, author, within, signal }: SuccessorOptions): Promise<Successor> {
    const sockets = Array.from((await listeningSockets()).values(), ({ fd }) => fd);
    const successor = new Successor(launch(program, [...sockets, lock]));
    const late = setTimeout(() => successor.#ended.resolve(`it was not ready within ${within / 1_000} s`), within);
    const stop = (): void => successor.#ended.resolve("this gateway was told to stop");
    signal.addEventListener("abort", stop);
    try {
      if (signal.aborted) stop();
      const hello = await successor.#next("hello");
      if (hello.protocol !== PROTOCOL) throw notTaken("it speaks another version's language", RESTART);
      successor.version = hello.version;
      successor.#send({ what: "settings", settings, lock: FIRST_PASSED + sockets.length, author });
      await successor.#next("ready");
      return successor;
    } catch (error) {
      await successor.end();
      throw error;
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", stop);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it, or the channel to it, is gone. */
  get gone(): Promise<string> {
    return this.#ended.promise;
  }

  /** Gives it the sessions and the counters, and resolves when it serves. Rejects with `not-taken-over`. */
  async handOver(yours: Yours, obey: (order: SessionOrder) => void): Promise<void> {
    this.#obey = obey;
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#send({ what: "yours", ...yours });
    for (const report of early) this.report(report);
    const late = setTimeout(() => this.#ended.resolve("it did not take up its work"), LAST_STEP);
    try {
      await this.#next("serving");
    } finally {
      clearTimeout(late);
    }
  }

  report(report: SessionReport): void {
    if (this.#early === undefined) this.#send({ what: "report", report });
    else this.#early.push(report);
  }

  /** Kills it: it carries nothing yet. Resolves when its descriptors are closed. */
  async end(): Promise<void> {
    this.#obey = () => undefined;
    const { exitCode, signalCode, pid } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** Lets go of the channel once all was said, so that this process can end: closed before, it would swallow the rest. */
  async release(): Promise<void> {
    await Promise.race([this.#said, this.#ended.promise]);
    if (this.#child.connected) this.#child.disconnect();
    this.#child.unref();
  }

  async #next<W extends "hello" | "ready" | "serving">(what: W): Promise<FromSuccessor & { readonly what: W }> {
    const failed = this.#waitFor("failed").promise.then((message) => {
      if (message.what === "failed") throw notTaken(message.message, message.hint);
    });
    const ended = this.#ended.promise.then((why) => {
      throw notTaken(why, "see what it wrote to the log, mend it, try again");
    });
    const heard = await Promise.race([this.#waitFor(what).promise, failed, ended]);
    return heard as FromSuccessor & { readonly what: W };
  }

  #waitFor(what: FromSuccessor["what"]): PromiseWithResolvers<FromSuccessor> {
    const known = this.#heard.get(what) ?? Promise.withResolvers<FromSuccessor>();
    this.#heard.set(what, known);
    return known;
  }

  #hear(message: FromSuccessor | null): void {
    // Not even nonsense of a new version may end this process.
    if (message === null) return;
    if (message.what === "order") this.#obey(message.order);
    else this.#waitFor(message.what).resolve(message);
  }

  #send(message: ToSuccessor): void {
    // A channel that is closed is told of by its event; what is sent meanwhile is for nobody.
    if (!this.#child.connected) return;
    const said = Promise.withResolvers<undefined>();
    this.#child.send(message, () => said.resolve(undefined));
    this.#said = said.promise;
  }
}

const RESTART = "stop this gateway and start the new one: sessions have the drain time to finish";

function notTaken(why: string, hint: string): EcluseError {
  return new EcluseError("not-taken-over", `Cannot hand over to a new process: ${why}; this one goes on`, { hint });
}

/** The same command line, with these descriptors after its standard ones. */
function launch({ line: [node = "", ...words], env }: Program, descriptors: readonly number[]): ChildProcess {
  try {
    return spawn(node, words, {
      stdio: ["inherit", "inherit", "inherit", "ipc", ...descriptors],
      env: { ...env, [MARK]: "1" },
    });
  } catch (error) {
    throw notTaken(error instanceof Error ? error.message : String(error), "see the limits of this process: ulimit -a");
  }
}
