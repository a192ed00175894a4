/**
 * The 403 of HTTP/2, in frames: a server of our own that never listens is handed the refused socket, which is what the
 * 'connection' event of an HTTP/2 server documents as its second use.
 */
import type * as Http2 from "node:http2";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { FORBIDDEN_TEXT, PATIENCE, SILENCE } from "./forbidden.ts";

let answering: Http2.Http2Server | undefined;

/** Answers every stream of the socket with 403, then GOAWAY; the socket is closed after `PATIENCE` at the latest. */
export function answerForbiddenHttp2(socket: Socket): void {
  answering ??= createAnswering();
  const patience = setTimeout(() => socket.destroy(), PATIENCE).unref();
  socket.once("close", () => clearTimeout(patience));
  answering.emit("connection", socket);
}

function createAnswering(): Http2.Http2Server {
  // Loaded here, because a service without HTTP/2 need not pay for it; one with it has it loaded already.
  const http2 = createRequire(import.meta.url)("node:http2") as typeof Http2;
  const server = http2.createServer({ settings: { enableConnectProtocol: true, maxConcurrentStreams: 8 } });
  // The peer's mistakes are its own: it is refused either way.
  server.on("sessionError", () => undefined);
  server.on("session", (session) => session.setTimeout(SILENCE, () => session.destroy()));
  server.on("stream", (stream) => answerStream(stream, http2.constants.NGHTTP2_NO_ERROR));
  return server;
}

function answerStream(stream: Http2.ServerHttp2Stream, noError: number): void {
  stream.on("error", () => undefined);
  // RST_STREAM with NO_ERROR after a full answer: "stop sending, you have it all" (RFC 9113 section 8.1).
  stream.once("finish", () => stream.close(noError));
  stream.respond({ ":status": 403, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  stream.end(FORBIDDEN_TEXT);
  stream.session?.close();
}
