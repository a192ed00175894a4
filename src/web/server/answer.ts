/** Answers, each with the strict headers. */
import type { ServerResponse } from "node:http";
import { EcluseError } from "../../errors.ts";
import { STRICT_HEADERS } from "./headers.ts";
import { Problem } from "./problem.ts";

export function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 200, { type: "application/json", body: JSON.stringify(value) });
}

/** Done, and nothing to say of it. */
export function sendNothing(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(204, { ...STRICT_HEADERS, ...headers }).end();
}

export interface Content {
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function send(response: ServerResponse, status: number, { type, body, headers }: Content): void {
  response.writeHead(status, {
    ...STRICT_HEADERS,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Says what stood in the way, of a bug only that it is one; and returns whether it is. */
export function sendProblem(response: ServerResponse, error: unknown): boolean {
  const isBug = !(error instanceof Problem || error instanceof EcluseError);
  // Half an answer cannot be taken back: whoever waits for its rest sees that it is missing.
  if (response.headersSent) {
    response.destroy();
    return isBug;
  }
  const { status, ...said } = asProblem(error);
  const body = JSON.stringify({ type: "about:blank", status, ...said });
  // A body that nobody reads to its end would be taken for the next request.
  const headers = status === 413 ? { connection: "close" } : {};
  send(response, status, { type: "application/problem+json", body, headers });
  return isBug;
}

interface Said {
  readonly status: number;
  readonly title: string;
  readonly code?: string;
  readonly hint?: string;
}

function asProblem(error: unknown): Said {
  if (error instanceof Problem) {
    const { status, code, message, hint } = error;
    return { status, title: message, code, hint };
  }
  if (error instanceof EcluseError) {
    const { code, message, hint } = error;
    return { status: code === "no-gateway" ? 502 : 409, title: message, code, hint };
  }
  return { status: 500, title: "The dashboard has a bug: its error output has the stack" };
}
