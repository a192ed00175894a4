/** Reads a host: this one by sh, another by the system's own ssh. One process, one script, nothing written there. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type HostFacts, type Reading } from "../facts.ts";
import { type Asking, hasAnswered, readingsOf, scriptOf } from "../script.ts";

/** Longest reading of one host, in milliseconds: a host that hangs is a finding, not a wait. */
const PATIENCE = 120_000;

/** 7,128 listeners and their rules take some 5 MB. */
const MOST_OUTPUT = 256 * 1_048_576;

export interface Collecting {
  /** The name in the facts: `gateway`, or a machine's. */
  readonly host: string;
  readonly askings: readonly Asking[];
  /** What runs a script given on standard input: `["sh"]`, or `["ssh", "--", "bitcoin", "sh"]`. */
  readonly shell: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/** Never rejects for the host: what it could not be asked stands in the readings. */
export async function collect({ host, askings, shell, now, signal }: Collecting): Promise<HostFacts> {
  const taken = new Date(now()).toISOString();
  const boundary = `ecluse-${randomBytes(12).toString("hex")}`;
  const { output, failed } = await runScript(shell, scriptOf(askings, boundary), signal);
  const readings = readingsOf(output, askings, boundary);
  const all = hasAnswered(output, boundary) ? readings : [unreachable(shell, failed), ...readings];
  return { format: 1, host, taken, readings: all };
}

function unreachable(shell: readonly string[], failed: string): Reading {
  return { id: "host", source: shell.join(" "), text: "", failed: failed === "" ? "it answered nothing" : failed };
}

interface Ran {
  readonly output: string;
  /** The end of what it said on stderr, and how it ended. */
  readonly failed: string;
}

function runScript(shell: readonly string[], script: string, signal: AbortSignal | undefined): Promise<Ran> {
  return new Promise((resolve) => {
    const [program = "sh", ...words] = shell;
    const child = spawn(program, words, { stdio: "pipe", timeout: PATIENCE, killSignal: "SIGKILL", signal });
    const output: Buffer[] = [];
    let [size, said] = [0, ""];
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT) child.kill("SIGKILL");
      else output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-500)));
    child.once("error", ({ message }) => resolve({ output: "", failed: message }));
    child.once("close", (code, killed) => {
      const how = said.trim() === "" ? `ended with ${killed ?? code ?? "nothing"}` : said.trim();
      resolve({ output: Buffer.concat(output).toString(), failed: how });
    });
    // A host that is gone before it was told everything: its end says why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(script);
  });
}
