/**
 * Where a running gateway's lines go: written in batches, never waited for.
 *
 * Promises that neither a full disk, nor a reader that has stopped, nor a terminal held with Ctrl-S ever delays or ends
 * the relay: what cannot be written is kept up to a bound, then dropped and counted, and the count is written as soon
 * as something can be written again. (`console.log` and write streams do neither: on a full disk they end the process,
 * and before a stopped reader they keep everything.)
 */
import { close, constants, fstatSync, openSync, write } from "node:fs";
import { Socket } from "node:net";

/** What came of a write: how many bytes were taken, or that the output takes none now, or never took these. */
export type Written = number | "later" | "failed";

/** Something that lines are written to. */
export interface LogOutput {
  readonly write: (bytes: Buffer) => Promise<Written>;
  readonly close: () => void;
}

/** Bytes kept while the output takes nothing. */
const BOUND = 1_048_576;
/** Most bytes in one write. */
const BATCH = 65_536;
/** Milliseconds before an output that took nothing is tried again. */
const PAUSE = 100;

export interface LogWriterOptions {
  readonly bound?: number;
  /** The line that says how many were dropped. */
  readonly dropped: (count: number) => string;
}

export class LogWriter {
  readonly #output: LogOutput;
  readonly #bound: number;
  readonly #droppedLine: (count: number) => string;
  #lines: string[] = [];
  #size = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(output: LogOutput, { bound = BOUND, dropped }: LogWriterOptions) {
    this.#output = output;
    this.#bound = bound;
    this.#droppedLine = dropped;
  }

  /** Takes a line (without its newline) or drops it; returns at once in either case. */
  line(text: string): void {
    if (this.#size + text.length > this.#bound) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(text);
    this.#size += text.length + 1;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Waits at most `within` milliseconds for what is kept to be written, then lets go of the output. */
  async close(within: number): Promise<void> {
    const timeout = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => timeout.resolve(undefined), within);
    await Promise.race([this.#writing, timeout.promise]);
    clearTimeout(timer);
    this.#lines = [];
    this.#output.close();
  }

  async #writeAll(): Promise<void> {
    // Lines of one turn of the loop go out together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#lines.length > 0) {
      const lines = this.#takeBatch();
      const failed = await this.#writeBatch(Buffer.from(`${lines.join("\n")}\n`));
      if (failed) this.#dropped += lines.length;
      else if (this.#dropped > 0) this.#tellDropped();
    }
  }

  #takeBatch(): readonly string[] {
    let size = 0;
    const end = this.#lines.findIndex((line) => (size += line.length + 1) > BATCH);
    const lines = this.#lines.splice(0, end < 0 ? this.#lines.length : Math.max(1, end));
    this.#size = this.#lines.reduce((sum, line) => sum + line.length + 1, 0);
    return lines;
  }

  #tellDropped(): void {
    this.#lines.unshift(this.#droppedLine(this.#dropped));
    this.#dropped = 0;
  }

  /** Whether the batch was lost. A part already written is followed by the rest, however long that takes. */
  async #writeBatch(bytes: Buffer): Promise<boolean> {
    for (let rest = bytes; rest.length > 0;) {
      const written = await this.#output.write(rest);
      if (written === "failed") return true;
      if (written === "later") await new Promise((resolve) => setTimeout(resolve, PAUSE).unref());
      else rest = rest.subarray(written);
    }
    return false;
  }
}

/** The output behind a descriptor of this process, in the way that cannot block for its kind. */
export function descriptorOutput(fd: number): LogOutput {
  const kind = fstatSync(fd);
  if (kind.isSocket()) return socketOutput(fd);
  if (kind.isFIFO() || kind.isCharacterDevice()) return fileOutput(reopened(fd) ?? fd);
  return fileOutput(fd);
}

/**
 * The same pipe or terminal, opened once more so that writes say EAGAIN instead of waiting; the flag set on the
 * descriptor itself would change it for every program that shares it.
 */
function reopened(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // A pipe without a reader, another user's terminal: the descriptor as it is, from the thread pool.
    return undefined;
  }
}

function fileOutput(fd: number): LogOutput {
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        write(fd, bytes, (error, written) => {
          if (error === null) resolve(written);
          else resolve(error.code === "EAGAIN" ? "later" : "failed");
        });
      }),
    close: () => {
      if (fd > 2) close(fd, () => undefined);
    },
  };
}

function socketOutput(fd: number): LogOutput {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on("error", () => undefined).unref();
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (socket.destroyed) resolve("failed");
        else socket.write(bytes, (error) => resolve(error ? "failed" : bytes.length));
      }),
    close: () => socket.destroy(),
  };
}
