/** The control socket's client: one call per route, typed by the table. */
import { request } from "../http.ts";
import { EcluseError, ERROR_CODES, type ErrorCode } from "../errors.ts";
import { ROUTES, type Route, type RouteName, type Parameters } from "./routes.ts";

/** Longest wait for an answer, in milliseconds: applying a large inventory takes a while. */
const PATIENCE = 90_000;

export interface Calling {
  /** Gives up waiting; the gateway may still do what it was asked. */
  readonly signal?: AbortSignal;
  /** Longest silence, in milliseconds; default 90,000. */
  readonly patience?: number;
}

/** Calls a route; throws the gateway's own `EcluseError`, or `no-gateway` where nobody answers. */
export async function call<Name extends RouteName>(
  socketPath: string,
  name: Name,
  parameters: Partial<Parameters<Name>>,
  calling: Calling = {},
): Promise<unknown> {
  const route: Route = ROUTES[name];
  const body = route.method === "POST" ? JSON.stringify(parameters) : undefined;
  const target = { method: route.method, path: targetOf(route, parameters) };
  const { status, text } = await exchange(socketPath, { ...target, ...calling }, body);
  return status === 200 && route.text !== undefined ? text : answerOf(socketPath, status, text);
}

/** Where a route's question goes: with its parameters, unless they are sent in the body. */
export function targetOf({ method, path }: Route, parameters: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)])).toString();
  return method === "GET" && query !== "" ? `${path}?${query}` : path;
}

/** What was answered; throws what the gateway said stood in the way. */
export function answerOf(socketPath: string, status: number, text: string): unknown {
  const answer = parsed(text);
  if (answer === undefined) throw nobody(socketPath, new Error("what answers there is no gateway"));
  if (status === 200) return answer;
  throw errorOf(answer as Problem);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Problem {
  readonly title: string;
  readonly code?: string;
  readonly hint?: string;
}

function errorOf({ title, code, hint }: Problem): EcluseError {
  const known = ERROR_CODES.find((one): one is ErrorCode => one === code);
  return new EcluseError(known ?? "no-gateway", title, { hint: hint ?? "see the gateway's log" });
}

function exchange(
  socketPath: string,
  { patience = PATIENCE, ...options }: Calling & { readonly method: string; readonly path: string },
  body: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    // A connection of its own: a kept one may lead to a process that another has taken over from.
    const asked = request({ socketPath, ...options, headers, timeout: patience, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on("error", (cause) => reject(nobody(socketPath, cause)));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", (cause) => reject(nobody(socketPath, cause)));
    asked.end(body);
  });
}

/** The gateway's own error stays what it is. */
export function nobody(socketPath: string, error: unknown): EcluseError {
  if (error instanceof EcluseError) return error;
  const cause: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is no socket",
    ECONNREFUSED: "nobody listens there any more",
    EACCES: "permission denied",
  };
  const why = words[cause.code ?? ""] ?? cause.message;
  return new EcluseError("no-gateway", `Cannot reach the gateway at ${socketPath}: ${why}`, {
    hint: "is it running? name its inventory with --inventory, or run as the user who may use its socket",
    cause,
  });
}
