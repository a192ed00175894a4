/**
 * The second ring: a request judged by its socket, inside a framework. It answers 403 where nobody could put the guard
 * before the server, but a framework sees neither upgrades nor malformed requests: `guard.protect(server)` is the first.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { FORBIDDEN_TEXT } from "./forbidden.ts";

/** What an adapter asks of a guard. */
export interface RequestJudge {
  admits(request: Pick<IncomingMessage, "socket">): boolean;
}

/** The headers of the answer; the connection is closed after it, except in HTTP/2, which has no such header. */
export function forbiddenHeaders(request: Pick<IncomingMessage, "httpVersionMajor">): Record<string, string> {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  return request.httpVersionMajor >= 2 ? headers : { ...headers, connection: "close" };
}

/** Answers 403 to a request of node:http. */
export function answerRequest(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(403, forbiddenHeaders(request)).end(FORBIDDEN_TEXT);
}
