/** Has a file scanned by the machine's clamd, and says so where there is none. */
import { createServer } from "node:http";
import { connect } from "node:net";
import { guardFromEnvironment, listenOn } from "@ecluse/guard";
import express from "express";

const host = process.env.CLAMAV_API_HOST ?? "127.0.0.1";
const port = Number(process.env.CLAMAV_API_PORT ?? 3024);
/** Where Debian's clamav-daemon listens. */
const clamd = process.env.CLAMD_SOCKET ?? "/run/clamav/clamd.ctl";

const app = express();
app.disable("x-powered-by");
app.get("/health", async (_request, response) => {
  const answer = await ask(["zPING\0"]).catch((error) => error);
  response.json({ service: "api-clamav", clamd: answer === "PONG" ? "answers" : absence(answer) });
});
app.post("/api/scan", express.raw({ type: () => true, limit: "10mb" }), async (request, response) => {
  const file = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  try {
    const answer = await ask(["zINSTREAM\0", ...chunkOf(file), Buffer.alloc(4)]);
    // "stream: OK", "stream: NAME FOUND", or a sentence that ends with ERROR.
    const [, name, verdict] = /^stream: (?:(.+) )?(OK|FOUND)$/.exec(answer) ?? [];
    if (verdict === undefined) response.status(502).json({ error: "clamd could not scan it", clamd: answer });
    else response.json({ clean: verdict === "OK", ...(name === undefined ? {} : { found: name }) });
  } catch (error) {
    response.status(503).json({ error: "nothing was scanned", clamd: absence(error) });
  }
});

const server = guardFromEnvironment({ host }).protect(createServer(app));
await listenOn(server, { host, port });
console.log(`api-clamav listens on ${host}:${port}`);

/** A piece of INSTREAM: its length in four bytes, big-endian, then itself; none for nothing, for 0 ends the stream. */
function chunkOf(file) {
  if (file.length === 0) return [];
  const length = Buffer.alloc(4);
  length.writeUInt32BE(file.length);
  return [length, file];
}

/** One command and its answer (clamd(8): with `z`, both end with a zero byte). */
function ask(parts) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect(clamd, () => parts.forEach((part) => socket.write(part)));
    socket.setTimeout(30_000, () => socket.destroy(new Error("clamd does not answer")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("end", () => resolve(Buffer.concat(chunks).toString().replace(/\0$/, "")));
  });
}

function absence(error) {
  return error?.code === "ENOENT" || error?.code === "ECONNREFUSED" ? "absent" : String(error?.message ?? error);
}
