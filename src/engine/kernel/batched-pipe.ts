/**
 * A pipe for a program that says many small things: what it says is read a hundred times a second at most, into one
 * buffer. To be woken for each of them would cost more than to read it.
 *
 * Node has no such pipe, so it is a connection of ours to ourselves, of which the program gets the other end.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type Socket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lines, type TakeLine } from "./lines.ts";

/** Milliseconds without reading, after a read that found little. */
export const REST = 10;
const BUFFER = 65_536;

export interface BatchedPipe {
  /** For the program's `stdout`; to be destroyed here once the program has it. */
  readonly writer: Socket;
  /** Resolves when nobody has it any more. */
  readonly ended: Promise<void>;
}

/** What follows the last line feed is no line. */
export async function batchedPipe(take: TakeLine): Promise<BatchedPipe> {
  const folder = await mkdtemp(join(tmpdir(), "ecluse-pipe-"));
  const server = createServer({ pauseOnConnect: true });
  try {
    const path = join(folder, "pipe");
    await once(server.listen(path), "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const ended = readTo(path, new Lines(take));
    const [writer] = await accepted;
    return { writer, ended };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function readTo(path: string, lines: Lines): Promise<void> {
  const reader: Socket = connect({
    path,
    onread: {
      buffer: Buffer.alloc(BUFFER),
      callback: (size, buffer) => {
        lines.push(buffer.subarray(0, size));
        if (size > BUFFER / 4) return true;
        setTimeout(() => reader.resume(), REST);
        return false;
      },
    },
  });
  reader.on("error", () => reader.destroy());
  await new Promise((resolve) => reader.once("close", resolve));
}
