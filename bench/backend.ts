/**
 * The terminals of the bench: one process that answers on the addresses named in a file, one per line.
 *
 * Light on purpose, yet it verifies every request: one wrong byte and it resets the connection, which the load
 * generator counts as a failure. Usage: backend.ts FILE PORT. Prints "ready" once it listens; ends with its stdin.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { answerFor, bulkPattern, readRequest, REQUEST_BYTES } from "./traffic.ts";

const MEBIBYTE = 1_048_576;
/** Written again and again: large, so that the backend is not what limits a bulk measurement. */
const BULK = bulkPattern(MEBIBYTE / 65_536);

const [file = "", port = ""] = process.argv.slice(2);
for (const host of readFileSync(file, "utf8").trim().split("\n")) {
  await once(createServer({ noDelay: true }, serve).listen({ host, port: Number(port), backlog: 4096 }), "listening");
}
// Whoever started it holds the other end: the backend never outlives the bench.
process.stdin.on("end", () => process.exit()).resume();
console.log("ready");

function serve(socket: Socket): void {
  const request = Buffer.alloc(REQUEST_BYTES);
  const terminal = socket.localAddress ?? "";
  let filled = 0;
  socket.on("data", (bytes: Buffer) => {
    for (let from = 0; from < bytes.length;) {
      const copied = bytes.copy(request, filled, from);
      from += copied;
      filled += copied;
      if (filled === REQUEST_BYTES) {
        filled = 0;
        answer(socket, terminal, request);
      }
    }
  });
  socket.on("error", () => socket.destroy());
}

function answer(socket: Socket, terminal: string, request: Buffer): void {
  const read = readRequest(request);
  if (!read) socket.resetAndDestroy();
  else if (read.asked === "answer") socket.write(answerFor(read.number, terminal));
  else sendBulk(socket, read.number);
}

function sendBulk(socket: Socket, mebibytes: number): void {
  let left = mebibytes;
  const pump = (): void => {
    while (left > 0 && !socket.destroyed) {
      left--;
      if (!socket.write(BULK)) return;
    }
    socket.off("drain", pump);
  };
  socket.on("drain", pump);
  pump();
}
