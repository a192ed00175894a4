/**
 * One shell script that reads a whole host, and the way back from what it printed.
 *
 * A POSIX script on standard input: it runs the same here and over ssh, installs nothing, writes nothing, and needs one
 * connection. Each command has its time; what one cannot read keeps no other from being read.
 */
import type { Reading } from "./facts.ts";

/** What is read: a command line for `sh -c`. It must not write. */
export interface Asking {
  readonly id: string;
  readonly command: string;
  /** What is kept of the text; default: all. */
  readonly keep?: (text: string) => string;
  /** Longest time of the command, in seconds; default 15. */
  readonly patience?: number;
}

const PATIENCE = 15;

/** `boundary`: a word that no output contains; random. */
export function scriptOf(askings: readonly Asking[], boundary: string): string {
  const calls = askings.map(({ id, command, patience = PATIENCE }) => `one ${id} ${shellWord(command)} ${patience}`);
  return [
    "export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin",
    "exec 3>&1",
    "one() {",
    `  printf '%s begin %s\\n' ${boundary} "$1"`,
    // Its errors into a variable, its output past it: no temporary file.
    `  err=$(timeout "$3" sh -c "$2" 2>&1 >&3 </dev/null)`,
    `  printf '\\n%s end %s %s %s\\n' ${boundary} "$1" $? "$(printf %s "$err" | tr '\\n' ' ' | cut -c 1-300)"`,
    "}",
    ...calls,
    `printf '%s done\\n' ${boundary}`,
    "",
  ].join("\n");
}

/** Whether the host ran the script at all: a host that cannot do one thing of what it is asked still answers. */
export function hasAnswered(output: string, boundary: string): boolean {
  return output.includes(`\n${boundary} end `);
}

/** What the script printed, by asking. An asking without an answer failed: the connection ended before it. */
export function readingsOf(output: string, askings: readonly Asking[], boundary: string): readonly Reading[] {
  return askings.map(({ id, command, keep = (text) => text, patience = PATIENCE }): Reading => {
    const begin = `${boundary} begin ${id}\n`;
    const start = output.indexOf(begin);
    const end = start < 0 ? -1 : output.indexOf(`\n${boundary} end ${id} `, start + begin.length - 1);
    if (end < 0) return { id, source: command, text: "", failed: "the reading ended before it" };
    const text = keep(output.slice(start + begin.length, end));
    const [, code = "", said = ""] = /end \S+ (\d+) (.*)/.exec(output.slice(end, output.indexOf("\n", end + 1))) ?? [];
    return { id, source: command, text, ...failure(Number(code), said.trim(), patience) };
  });
}

function failure(code: number, said: string, patience: number): { readonly failed?: string } {
  if (code === 0) return {};
  if (code === 124) return { failed: `no answer within ${patience} s` };
  return { failed: `exit ${code}${said === "" ? "" : `: ${said}`}` };
}

/** For sh: a word in single quotes. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
