/**
 * Reads an inventory in a process of its own.
 *
 * Reading thousands of terminals takes a parser, a schema and some seconds of work in the worst case. None of it may
 * stall the sessions of a running relay, and none of its memory should stay in it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EcluseError, type ErrorCode } from "../errors.ts";
import type { LoadResult } from "../inventory/load.ts";
import type { Entry } from "./history-entry.ts";
import { type PackedInventory, Unpacking } from "./packed-inventory.ts";

/** Where an inventory is read from: its file, or an entry of the history. */
export type Origin = { readonly file: string } | { readonly entry: Entry };

/** What the reading process is asked. */
export interface Question {
  readonly origin: Origin;
  /** Digests of what need not be sent. */
  readonly known: readonly string[];
}

/** What the reading process answers. */
export type Answer =
  | { readonly kind: "read"; readonly result: PackedResult }
  | { readonly kind: "error"; readonly code: ErrorCode; readonly message: string; readonly hint: string };

export interface PackedResult extends Omit<LoadResult, "inventory"> {
  readonly inventory?: PackedInventory;
}

/** Longest reading, in milliseconds. */
const PATIENCE = 60_000;

const READER = new URL("reader.ts", import.meta.url);

export interface ReadApartOptions {
  /** Gives up the reading. */
  readonly signal?: AbortSignal;
  /** Of the readings before: what they had, too, is the same object. Default: nothing was read before. */
  readonly unpacking?: Unpacking;
  /** The program that is sent the file's name and answers; default: `reader.ts`. */
  readonly reader?: URL;
  /** Longest reading, in milliseconds; default 60,000. */
  readonly patience?: number;
}

/**
 * Reads and checks an inventory; findings are in the result. Resolves with `undefined` where the signal came first. Throws
 * `EcluseError` where it cannot be read.
 */
export async function readApart(origin: Origin, options: ReadApartOptions = {}): Promise<LoadResult | undefined> {
  const { signal, unpacking = new Unpacking(), reader: program = READER, patience = PATIENCE } = options;
  if (signal?.aborted) return undefined;
  const reader = fork(fileURLToPath(program), {
    serialization: "advanced",
    // What the reader prints, a crash's stack at most, belongs on stderr: stdout is the log.
    stdio: ["ignore", 2, 2, "ipc"],
    // A session of its own: Ctrl-C and a terminal that hangs up concern this process, which then decides.
    detached: true,
  });
  const kill = (): void => void reader.kill("SIGKILL");
  const timer = setTimeout(kill, patience);
  signal?.addEventListener("abort", kill);
  const { atHand } = unpacking;
  try {
    const ended = ending(reader);
    const question: Question = { origin, known: [...atHand.keys()] };
    reader.send(question, () => undefined);
    const result = resultOf(nameOf(origin), await ended, signal);
    if (result === undefined) return undefined;
    const { inventory, ...rest } = result;
    return inventory === undefined ? rest : { ...rest, inventory: unpacking.unpack(inventory, atHand) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

function nameOf(origin: Origin): string {
  return "file" in origin ? origin.file : `applied inventory ${origin.entry.number}`;
}

/** How a reading process ended, and what it had answered by then. */
interface Ending {
  readonly answer: Answer | undefined;
  /** `exit code 1`, `signal SIGKILL`, `spawn ENOMEM`. */
  readonly how: string;
}

function ending(reader: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    let answer: Answer | undefined;
    reader.once("message", (message) => (answer = message as Answer));
    reader.once("error", (error) => resolve({ answer, how: error.message }));
    // Comes after the exit and after the last message: the channel is one of the streams that have to be closed.
    reader.once("close", (code: number | null, signal: string | null) => {
      resolve({ answer, how: signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}` });
    });
  });
}

function resultOf(name: string, { answer, how }: Ending, signal: AbortSignal | undefined): PackedResult | undefined {
  if (signal?.aborted) return undefined;
  if (answer === undefined) throw diedReading(name, how);
  if (answer.kind === "error") throw new EcluseError(answer.code, answer.message, { hint: answer.hint });
  return answer.result;
}

function diedReading(name: string, how: string): EcluseError {
  return new EcluseError("inventory-unreadable", `Cannot read ${name}: the reading process ended with ${how}`, {
    hint: "run ecluse check on the file; if that fails the same way, the file is too large or this is a bug to report",
  });
}
