/** `ecluse serve` as a program of its own, with an inventory written for the test. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { after } from "node:test";
import { freePort, loopbackAddress, until } from "../support/loopback.ts";

export const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly time: string; readonly event: string };

export function withoutTime(line: LogLine): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(line).filter(([name]) => name !== "time"));
}

/** A program that was started, its exit included; killed by its own pid when disposed. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has written to stderr. */
  readonly errors: () => string;
  readonly exited: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  readonly signal: (signal: NodeJS.Signals) => void;
}

export interface Serving extends Program {
  /** Every whole line of stdout so far. */
  readonly text: () => readonly string[];
  readonly lines: () => readonly LogLine[];
  readonly ofEvent: (event: string) => readonly LogLine[];
  /** Waits until there are so many of an event, and returns the last of them. */
  readonly awaitEvent: (event: string, count?: number, within?: number) => Promise<LogLine>;
}

export interface StartOptions {
  readonly stdio?: StdioOptions;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** In a process group of its own, to be signalled whole. */
  readonly detached?: boolean;
}

/** Starts `node main.ts WORDS`. */
export function startProgram(words: readonly string[], options: StartOptions = {}): Program {
  const { stdio = ["ignore", "pipe", "pipe"], env = process.env, ...others } = options;
  return follow(spawn(process.execPath, commandLine(words), { stdio, env, ...others }));
}

/** What follows the name of Node on the command line. */
export function commandLine(words: readonly string[]): readonly string[] {
  return ["--conditions=source", MAIN, ...words];
}

/** A test that ran out of time disposes of nothing: what it started ends with its file. */
const started = new Set<ChildProcess>();
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** The same for a program started otherwise. */
export function follow(child: ChildProcess): Program {
  // Never 0: a signal to that would be one to everybody in our own process group.
  if (child.pid === undefined) throw new TypeError(`cannot start ${child.spawnfile}`);
  started.add(child);
  child.once("exit", () => started.delete(child));
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    pid: child.pid,
    errors: () => errors,
    exited,
    signal: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Starts `serve` and reads its log from the pipe that its stdout is. */
export function serve(inventory: string, options: ServeOptions = {}): Serving {
  const file = inventoryFile(inventory);
  const serving = serveFile(file, options);
  return {
    ...serving,
    [Symbol.asyncDispose]: async () => {
      await serving[Symbol.asyncDispose]();
      file.remove();
    },
  };
}

/** The same with a file that outlives the process: to be changed, and served again. */
export function serveFile(file: InventoryFile, { words = [], start, ...options }: ServeOptions = {}): Serving {
  const line = ["serve", "--inventory", file.path, ...file.ownPlaces, ...words];
  const program = start === undefined ? startProgram(line, options) : follow(start(commandLine(line)));
  const log = readLog(program.child.stdout);
  return {
    ...program,
    ...log,
    awaitEvent: async (event, count = 1, within = 30_000) => {
      const found = (): LogLine | undefined => log.ofEvent(event)[count - 1];
      await until(() => found() !== undefined || log.ended(), event, within).catch(() => undefined);
      const line = found();
      if (line === undefined) throw new Error(`not ${count} x ${event}: ${log.text().join("\n")}${program.errors()}`);
      return line;
    },
  };
}

export interface ServeOptions extends StartOptions {
  readonly words?: readonly string[];
  /** Starts Node with these words in another way; the other options are then without effect. */
  readonly start?: (words: readonly string[]) => ChildProcess;
}

type Log = Pick<Serving, "text" | "lines" | "ofEvent"> & { readonly ended: () => boolean };

function readLog(output: Readable | null): Log {
  const text: string[] = [];
  const lines: LogLine[] = [];
  let ended = false;
  if (output !== null) {
    const reading = createInterface({ input: output });
    reading.on("close", () => (ended = true));
    reading.on("line", (line) => {
      text.push(line);
      lines.push(JSON.parse(line) as LogLine);
    });
  }
  const ofEvent = (event: string): readonly LogLine[] => lines.filter((line) => line.event === event);
  return { text: () => text, lines: () => lines, ofEvent, ended: () => ended };
}

/** A file that holds an inventory, in a folder of its own. */
export function inventoryFile(inventory: string): InventoryFile {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-serve-"));
  const path = join(folder, "ecluse.yaml");
  writeFileSync(path, inventory);
  const [state, control] = [join(folder, "state"), join(folder, "control.sock")];
  const ownPlaces = ["--state", state, "--control", control];
  return { path, state, control, ownPlaces, remove: () => rmSync(folder, { recursive: true }) };
}

export interface InventoryFile {
  readonly path: string;
  readonly state: string;
  readonly control: string;
  /** Words that keep state and socket in the same folder. */
  readonly ownPlaces: readonly string[];
  readonly remove: () => void;
}

/** A place that may enter, a place that may not, and doors before targets. */
export interface Site {
  readonly till: string;
  readonly stranger: string;
  readonly inventory: string;
  readonly doors: readonly { readonly host: string; readonly port: number }[];
}

export interface SiteOptions {
  /** Written behind `limits:`, in braces. */
  readonly limits?: string;
  /** The doors' address; default: one of the test's own. */
  readonly host?: string;
  readonly ports?: readonly number[];
}

/** An inventory of generic flows `door1`, `door2`...: one for each target, all of them open to the till alone. */
export async function siteBefore(
  targets: readonly { readonly host: string; readonly port: number }[],
  { limits = "", host = loopbackAddress(), ports }: SiteOptions = {},
): Promise<Site> {
  const till = loopbackAddress();
  const doors: { host: string; port: number }[] = [];
  for (const index of targets.keys()) doors.push({ host, port: ports?.[index] ?? (await unusedPort(host, doors)) });
  const flows = targets.map(
    (target, index) =>
      `  door${index + 1}: { listen: ${place(doors[index])}, target: ${place(target)}, allow: [till] }`,
  );
  const inventory = [
    `gateway: { address: ${host}, limits: { ${limits} } }`,
    `sources: { till: { addresses: [${till}], owner: Sales, reason: a test } }`,
    "flows:",
    ...flows,
    "",
  ].join("\n");
  return { till, stranger: loopbackAddress(), inventory, doors };
}

async function unusedPort(host: string, others: readonly { readonly port: number }[]): Promise<number> {
  const port = await freePort(host);
  return others.some((other) => other.port === port) ? unusedPort(host, others) : port;
}

export function place(at: { readonly host: string; readonly port: number } | undefined): string {
  if (at === undefined) throw new TypeError("no such place");
  return `${at.host}:${at.port}`;
}
