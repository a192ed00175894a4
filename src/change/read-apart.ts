/**
 * Reads an inventory in a process of its own.
 *
 * Reading thousands of terminals takes a parser, a schema and some seconds of work in the worst case. None of it may
 * stall the sessions of a running relay, and none of its memory should stay in it.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { EcluseError, type ErrorCode } from "../errors.ts";
import type { LoadResult } from "../inventory/load.ts";

/** What the reading process answers. */
export type Answer =
  | { readonly kind: "read"; readonly result: LoadResult }
  | { readonly kind: "error"; readonly code: ErrorCode; readonly message: string; readonly hint: string };

/** Longest reading, in milliseconds. */
const PATIENCE = 60_000;

/** Reads and checks a file. Throws `EcluseError` where it cannot be read; findings are in the result. */
export async function readApart(file: string): Promise<LoadResult> {
  const reader = fork(fileURLToPath(new URL("reader.ts", import.meta.url)), [file], {
    serialization: "advanced",
    // What the reader prints, a crash's stack at most, belongs on stderr: stdout is the log.
    stdio: ["ignore", 2, 2, "ipc"],
    timeout: PATIENCE,
    killSignal: "SIGKILL",
  });
  const exited = once(reader, "exit");
  // The channel closes after the last message and at every kind of death; 'exit' may overtake a message.
  const answer = await Promise.race([
    once(reader, "message").then(([message]) => message as Answer),
    once(reader, "disconnect").then(() => undefined),
  ]);
  await exited;
  if (answer === undefined) throw diedReading(file, reader.exitCode, reader.signalCode);
  if (answer.kind === "error") throw new EcluseError(answer.code, answer.message, { hint: answer.hint });
  return answer.result;
}

function diedReading(file: string, exitCode: number | null, signal: string | null): EcluseError {
  const how = signal === null ? `exit code ${exitCode ?? "unknown"}` : `signal ${signal}`;
  return new EcluseError("inventory-unreadable", `Cannot read ${file}: the reading process ended with ${how}`, {
    hint: "run ecluse check on the file; if that fails the same way, the file is too large or this is a bug to report",
  });
}
