/** What stdout may be, and what may happen to it: each kind as a program gets it from its parent. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  constants,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readSync,
  rmSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "../support/packages.ts";
import { type Program, follow } from "./serving.ts";

/** A program whose stdout takes nothing, or never will. */
export interface Stopped extends AsyncDisposable {
  /** What was started here: Node itself, or what Node runs under. */
  readonly program: Program;
  /** Node's own process. */
  readonly pid: () => number;
  /** Makes the output work again. Absent: nothing ever will. */
  readonly revive?: () => void;
  /** What has arrived so far, since it was revived at the latest. */
  readonly text: () => string;
}

export interface Output {
  readonly name: string;
  readonly skip: string | false;
  /** Starts Node with these words. */
  readonly start: (words: readonly string[]) => Stopped;
}

export const OUTPUTS: readonly Output[] = [
  { name: "a pipe that nobody reads", skip: false, start: unreadPipe },
  { name: "a pipe whose reader has gone", skip: false, start: closedPipe },
  { name: "a unix socket that nobody reads, as journald's", skip: false, start: unreadSocket },
  { name: "a unix socket whose reader has gone", skip: false, start: closedSocket },
  { name: "a terminal held with Ctrl-S", skip: needs(["script"]), start: heldTerminal },
  { name: "a file on a full disk", skip: needs(["unshare"], { root: true }), start: fullDisk },
  { name: "/dev/full", skip: false, start: (words) => device("/dev/full", words) },
  { name: "/dev/null", skip: false, start: (words) => device("/dev/null", words) },
];

function node(words: readonly string[], stdout: number | "pipe"): ChildProcess {
  return spawn(process.execPath, words, { stdio: ["ignore", stdout, "pipe"] });
}

function stoppedBy(program: Program, more: Partial<Stopped> & { readonly done?: () => void } = {}): Stopped {
  const { done, ...others } = more;
  return {
    program,
    pid: () => program.pid,
    text: () => "",
    ...others,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      done?.();
    },
  };
}

/** A real pipe, both ends of it here: `child_process` would make a socket. */
function pipe(): { readonly read: number; readonly write: number; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-pipe-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY);
  return { read, write, remove: () => rmSync(folder, { recursive: true }) };
}

function unreadPipe(words: readonly string[]): Stopped {
  const { read, write, remove } = pipe();
  const program = follow(node(words, write));
  closeSync(write);
  let reading = false;
  let text = "";
  return stoppedBy(program, {
    revive: () => (reading = true),
    text: () => {
      if (reading) text += available(read);
      return text;
    },
    done: () => {
      closeSync(read);
      remove();
    },
  });
}

/** What can be read without waiting. */
function available(fd: number): string {
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = readSync(fd, chunk);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
  return Buffer.concat(chunks).toString();
}

function closedPipe(words: readonly string[]): Stopped {
  const { read, write, remove } = pipe();
  const program = follow(node(words, write));
  closeSync(write);
  closeSync(read);
  return stoppedBy(program, { done: remove });
}

function unreadSocket(words: readonly string[]): Stopped {
  const child = node(words, "pipe");
  let text = "";
  // Until somebody listens, Node reads no more than its buffer holds.
  return stoppedBy(follow(child), {
    revive: () => void child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)),
    text: () => text,
  });
}

function closedSocket(words: readonly string[]): Stopped {
  const child = node(words, "pipe");
  child.stdout?.destroy();
  return stoppedBy(follow(child));
}

/** util-linux's `script` gives it a terminal; what the terminal shows comes out of `script`, our keys go in. */
function heldTerminal(words: readonly string[]): Stopped {
  const command = [process.execPath, ...words].map((word) => `'${word}'`).join(" ");
  const held = "printf '\\n' && exec";
  const child = spawn("script", ["-qefc", `${held} ${command}`, "/dev/null"], { stdio: ["pipe", "pipe", "pipe"] });
  let text = "";
  let said = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk.replaceAll("\r\n", "\n");
    // The terminal is there: hold it before the program has said a word.
    if (!said) child.stdin.write(CTRL_S);
    said = true;
  });
  const program = follow(child);
  return stoppedBy(program, {
    pid: () => onlyChildOf(program.pid),
    revive: () => void child.stdin.write(CTRL_Q),
    text: () => text.trimStart(),
  });
}

function onlyChildOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  const [child] = children;
  if (child === undefined) throw new TypeError(`process ${pid} has no child`);
  return child;
}

const CTRL_S = "\u0013";
const CTRL_Q = "\u0011";

/** 64 KiB of tmpfs in a mount namespace that lives as long as the program, filled by another file. */
function fullDisk(words: readonly string[]): Stopped {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-disk-"));
  const script =
    'mount -t tmpfs -o size=64k none "$0" && head -c 61440 /dev/zero > "$0/other" && exec "$@" >> "$0/log"';
  const child = spawn("unshare", ["--mount", "sh", "-c", script, folder, process.execPath, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const program = follow(child);
  const inside = `/proc/${program.pid}/root${folder}`;
  let text = "";
  let revived = false;
  return stoppedBy(program, {
    // logrotate's copytruncate: what is there is moved away, and the disk has room again.
    revive: () => {
      revived = true;
      truncateSync(`${inside}/other`);
    },
    text: () => {
      const log = `${inside}/log`;
      if (!revived) return text;
      // Held still meanwhile: what it writes between the two would be gone.
      hold(program.pid);
      const found = readFileSync(log, "utf8");
      if (found !== "") truncateSync(log);
      process.kill(program.pid, "SIGCONT");
      text += found;
      return text;
    },
    done: () => rmSync(folder, { recursive: true }),
  });
}

/** Returns once none of its threads runs any more. */
function hold(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const states = (): readonly (string | undefined)[] =>
    readdirSync(`/proc/${pid}/task`).map(
      (task) => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, "utf8"))?.[1],
    );
  while (!states().every((state) => state === "T")) continue;
}

function device(path: string, words: readonly string[]): Stopped {
  const fd = openSync(path, "w");
  const program = follow(node(words, fd));
  closeSync(fd);
  return stoppedBy(program);
}
