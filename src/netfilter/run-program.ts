/** Runs one of the system's programs to its end, with something to read on its standard input. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** How a program ended; where it could not be started, `status` is 127 and `complaint` holds the system's code. */
export interface Ran {
  readonly status: number;
  readonly output: string;
  readonly complaint: string;
}

export interface RunOptions {
  /** Is given what the program prints on its standard output, a line at a time as it comes; `output` is empty then. */
  readonly line?: (text: string) => void;
  /** Ends it, by SIGKILL. */
  readonly signal?: AbortSignal;
}

export type RunProgram = (
  program: string,
  words: readonly string[],
  input: string,
  options?: RunOptions,
) => Promise<Ran>;

/** Its answers are read by this program; and administrators' programs are not on everybody's path. */
export const PLAIN = { LC_ALL: "C", PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/** `entry`: words that run the program elsewhere, as `nsenter --net=... --`; default: none. */
export function runProgram(entry: readonly string[] = []): RunProgram {
  return (program, words, input, { line, signal } = {}) => {
    const child = started([...entry, program, ...words], signal);
    const ended = endOf(child, line);
    if (child.pid !== undefined) child.stdin.end(input);
    return ended;
  };
}

function started([first = "", ...rest]: readonly string[], signal?: AbortSignal): ChildProcessWithoutNullStreams {
  const end = signal === undefined ? {} : { signal, killSignal: "SIGKILL" as const };
  const child = spawn(first, rest, { env: PLAIN, stdio: "pipe", ...end });
  // One that could not be started may have no pipes; and one that was may end without having read everything: how it ended
  // says more than EPIPE.
  child.on("error", () => undefined);
  if (child.pid !== undefined) child.stdin.on("error", () => undefined);
  return child;
}

async function endOf(child: ChildProcessWithoutNullStreams, line?: (text: string) => void): Promise<Ran> {
  try {
    const [output, complaint, [status]] = await Promise.all([
      line === undefined ? text(child.stdout) : eachLine(child.stdout, line),
      text(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    return { status: status ?? 128, output, complaint };
  } catch (error) {
    return { status: 127, output: "", complaint: String(error) };
  }
}

async function eachLine(printed: Readable, line: (text: string) => void): Promise<string> {
  let rest = "";
  for await (const chunk of printed.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines) line(each);
  }
  if (rest !== "") line(rest);
  return "";
}
