/**
 * Where a running gateway's lines go: written in batches, never waited for.
 *
 * Promises that neither a full disk, nor a reader that has stopped, nor a terminal held with Ctrl-S ever delays or ends
 * the relay: what cannot be written yet is kept up to a bound; what does not fit is dropped and counted, and the count is
 * the first thing written when something can be written again. (`console.log` and write streams do neither: on a full
 * disk they end the process, and before a stopped reader they keep everything.)
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

/** Lines that are missing from the log. */
export interface DroppedEvent {
  readonly event: "log-dropped";
  readonly count: number;
}

/** Bytes kept while the output takes nothing: two lines for each of 7,128 doors fit. */
const BOUND = 4_194_304;
/** Most bytes in one write, but for a line that is longer by itself. */
const BATCH = 65_536;
/**
 * Milliseconds from one write to the next: each costs two threads a wake-up, as much as several lines do. A line after a
 * silence does not wait.
 */
const COMPANY = 10;
/** Milliseconds before an output that took nothing is tried again: soon at first, a reader may only be slow. */
const SHORTEST_PAUSE = 1;
const LONGEST_PAUSE = 100;

export interface LogWriterOptions {
  readonly bound?: number;
  /** The line that says how many were dropped, without its newline. */
  readonly dropped: (event: DroppedEvent) => string;
}

/** Lines on their way out: `notice` of them, 0 or 1, says that `told` were dropped before. */
interface Batch {
  readonly lines: readonly string[];
  readonly notice: 0 | 1;
  readonly told: number;
}

export class LogWriter {
  readonly #output: LogOutput;
  readonly #bound: number;
  readonly #droppedLine: LogWriterOptions["dropped"];
  readonly #lines: string[] = [];
  /** Bytes of the lines kept, those on their way included. */
  #size = 0;
  #dropped = 0;
  /** The output stands within a line whose rest was lost. */
  #torn = false;
  /** Nothing was given since the output lost something: to try it again by itself would never end. */
  #failed = false;
  /** Nothing more will come, so nothing waits for company. */
  #closing = false;
  #closed = false;
  #hurry: () => void = () => undefined;
  #writing: Promise<void> | undefined;

  constructor(output: LogOutput, { bound = BOUND, dropped }: LogWriterOptions) {
    this.#output = output;
    this.#bound = bound;
    this.#droppedLine = dropped;
  }

  /** Takes a line (without its newline) or drops it; returns at once in either case. */
  line(text: string): void {
    if (this.#closed) return;
    const size = sizeOf(text);
    if (this.#size + size > this.#bound) this.#dropped += 1;
    else {
      this.#lines.push(text);
      this.#size += size;
    }
    // Worth another try, be it only to say what is missing.
    this.#failed = false;
    this.#writing ??= this.#writeAll();
  }

  /** Waits at most `within` milliseconds for what is kept to be written, then lets go of the output. */
  async close(within: number): Promise<void> {
    const timeout = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => timeout.resolve(undefined), within);
    this.#closing = true;
    this.#hurry();
    await Promise.race([this.#writing, timeout.promise]);
    clearTimeout(timer);
    this.#closed = true;
    this.#output.close();
  }

  async #writeAll(): Promise<void> {
    // Lines of one turn of the loop go out together.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#closed && (this.#lines.length > 0 || (this.#dropped > 0 && !this.#failed))) {
      await this.#writeBatch(this.#takeBatch());
      if (!this.#closing && this.#size < BATCH) await this.#company();
    }
    // At once, not when the promise is seen to be settled: a line that comes in between would wait for the next one.
    this.#writing = undefined;
  }

  async #company(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, COMPANY, undefined);
    this.#hurry = () => resolve(undefined);
    await promise;
    clearTimeout(timer);
  }

  #takeBatch(): Batch {
    const notice = this.#dropped > 0 ? 1 : 0;
    let size = 0;
    const end = this.#lines.findIndex((line) => (size += sizeOf(line)) > BATCH);
    const lines = this.#lines.splice(0, end < 0 ? this.#lines.length : Math.max(1, end));
    if (notice > 0) lines.unshift(this.#droppedLine({ event: "log-dropped", count: this.#dropped }));
    return { lines, notice, told: this.#dropped };
  }

  async #writeBatch(batch: Batch): Promise<void> {
    const margin = this.#torn ? "\n" : "";
    const bytes = Buffer.from(`${margin}${batch.lines.join("\n")}\n`);
    const written = await this.#writeBytes(bytes);
    this.#failed = written < bytes.length;
    if (written > 0) this.#torn = this.#failed && bytes[written - 1] !== NEWLINE;
    this.#account(batch, written - margin.length);
  }

  /** How many of the bytes were taken. A part is followed by the rest, however long that takes, unless it is lost. */
  async #writeBytes(bytes: Buffer): Promise<number> {
    let done = 0;
    let wait = SHORTEST_PAUSE;
    while (done < bytes.length && !this.#closed) {
      const written = await this.#output.write(bytes.subarray(done));
      if (written === "failed") break;
      if (written === "later" || written === 0) {
        await pause(wait);
        wait = Math.min(LONGEST_PAUSE, wait * 2);
      } else {
        done += written;
        wait = SHORTEST_PAUSE;
      }
    }
    return done;
  }

  /** Of a batch that was taken up to `written` bytes: what is no longer kept, what was dropped, what was told. */
  #account({ lines, notice, told }: Batch, written: number): void {
    let end = 0;
    for (const [index, line] of lines.entries()) {
      end += sizeOf(line);
      // A line that lacks only its newline is whole: the next batch begins with one.
      const whole = end - 1 <= written;
      if (index >= notice) this.#size -= sizeOf(line);
      if (index < notice) this.#dropped -= whole ? told : 0;
      else if (!whole) this.#dropped += 1;
    }
  }
}

const NEWLINE = 0x0a;

/** In bytes, its newline included. */
function sizeOf(line: string): number {
  return Buffer.byteLength(line) + 1;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}

/** The output behind a descriptor of this process, in the way that cannot block for its kind. */
export function descriptorOutput(fd: number): LogOutput {
  const kind = fstatSync(fd);
  if (kind.isSocket()) return socketOutput(fd) ?? fileOutput(fd);
  if (kind.isCharacterDevice()) return fileOutput(reopened(fd) ?? fd);
  if (!kind.isFIFO()) return fileOutput(fd);
  const own = reopened(fd);
  // Another user's pipe cannot be opened again, and a write that waits for its reader would keep the process from
  // ending: here the flag is set where every program that shares the pipe sees it.
  return own === undefined ? (socketOutput(fd) ?? fileOutput(fd)) : fileOutput(own);
}

/**
 * The same pipe or terminal, opened once more so that writes say EAGAIN instead of waiting; the flag set on the
 * descriptor itself would change it for every program that shares it.
 */
function reopened(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // A pipe without a reader, another user's pipe or terminal.
    return undefined;
  }
}

/** Not now, but perhaps in a while: no reader's room, no room on the disk. */
const LATER: readonly string[] = ["EAGAIN", "ENOSPC", "EDQUOT"];

function fileOutput(fd: number): LogOutput {
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        write(fd, bytes, (error, written) => {
          if (error === null) resolve(written);
          else resolve(LATER.includes(error.code ?? "") ? "later" : "failed");
        });
      }),
    close: () => {
      if (fd > 2) close(fd, () => undefined);
    },
  };
}

/** A socket or pipe written to by the event loop; `undefined` for the kinds that Node has no stream for (datagrams). */
function socketOutput(fd: number): LogOutput | undefined {
  const socket = streamOf(fd);
  if (socket === undefined) return undefined;
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

function streamOf(fd: number): Socket | undefined {
  try {
    return new Socket({ fd, readable: false, writable: true });
  } catch {
    return undefined;
  }
}
