/**
 * The 403 of HTTP/1.1, written to a socket that no HTTP server has seen: no parser, no route, no header of the peer's
 * is looked at, so there is nothing in it to get wrong or around.
 */
import type { Socket } from "node:net";

/** What the refused read. Says nothing of who would be let in. */
export const FORBIDDEN_TEXT = "403 Forbidden: this service answers its proxy only\n";

const HEAD = [
  "HTTP/1.1 403 Forbidden",
  "Content-Type: text/plain; charset=utf-8",
  `Content-Length: ${FORBIDDEN_TEXT.length}`,
  "Cache-Control: no-store",
  "Connection: close",
  "\r\n",
].join("\r\n");

/** Milliseconds to wait for a request before answering none: some clients drop an answer they have not asked for. */
export const SILENCE = 1_000;
/** Milliseconds until a refused socket is closed, whatever its peer does. */
export const PATIENCE = 5_000;
/** Bytes read and thrown away at most. */
const DISCARD = 4 * 1024 * 1024;

/**
 * Answers 403 when the first bytes come, closes its own direction, then reads on and throws away until the peer closes,
 * four mebibytes have come, or `PATIENCE` is over. Without the reading, the kernel answers what is unread with a reset
 * (RFC 1122 section 4.2.2.13, RFC 9112 section 9.6), which destroys the 403 on its way.
 */
export function answerForbidden(socket: Socket): void {
  let answered = false;
  let discarded = 0;
  const answer = (request?: Buffer): void => {
    if (answered) return;
    answered = true;
    socket.end(isHead(request) ? HEAD : HEAD + FORBIDDEN_TEXT);
  };
  const silence = setTimeout(answer, SILENCE).unref();
  const patience = setTimeout(() => socket.destroy(), PATIENCE).unref();
  socket.on("data", (chunk: Buffer) => {
    answer(chunk);
    discarded += chunk.length;
    if (discarded > DISCARD) socket.destroy();
  });
  socket.once("end", () => answer());
  socket.once("close", () => {
    clearTimeout(silence);
    clearTimeout(patience);
  });
  socket.resume();
}

/** An answer to HEAD has no body (RFC 9110 section 9.3.2). */
function isHead(request: Buffer | undefined): boolean {
  return request?.toString("latin1", 0, 5) === "HEAD ";
}
