/** Starts processes where they belong (place, processor) and ends them: only those that it started. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { treeOf } from "./proc.ts";

const ASK_MS = 300;

export interface Start {
  readonly command: readonly string[];
  /** From `Network.enter`. */
  readonly enter: readonly string[];
  /** A processor, or a list of them. */
  readonly core: number | string;
  /** Where stdout and stderr go; absent: stdout is a pipe, stderr ours. */
  readonly log?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A running process; `nsenter` and `taskset` become the command, so its pid is the command's. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly #lines: AsyncIterator<string> | undefined;

  constructor({ command, enter, core, log, env }: Start) {
    const [program = "", ...words] = [...enter, "taskset", "--cpu-list", String(core), ...command];
    const output = log === undefined ? undefined : openSync(log, "a");
    this.child = spawn(program, words, {
      stdio: ["pipe", output ?? "pipe", output ?? "inherit"],
      env: { ...process.env, ...env },
    });
    if (output !== undefined) closeSync(output);
    if (this.child.pid === undefined) throw new Error(`cannot start ${command[0] ?? ""}`);
    this.pid = this.child.pid;
    if (this.child.stdout) this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line of its stdout, where that is a pipe. */
  async nextLine(): Promise<string> {
    const line = await this.#lines?.next();
    if (!line || line.done === true)
      throw new Error(`${this.child.spawnargs.slice(-2).join(" ")}: ended without a word`);
    return line.value;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** SIGTERM, then SIGKILL, to the whole tree: socat leaves its children behind, a gateway waits for its sessions. */
  async [Symbol.asyncDispose](): Promise<void> {
    const exited = this.ended ? Promise.resolve() : once(this.child, "exit");
    const tree = treeOf(this.pid);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      for (const pid of tree) signalTo(pid, signal);
      if (signal === "SIGTERM") await Promise.race([exited, pause(ASK_MS, undefined, { ref: false })]);
    }
    await exited;
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
