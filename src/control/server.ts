/**
 * The control socket's server: HTTP on a unix socket, `ROUTES` under `/v1`.
 *
 * The permissions of the socket are its lock: 0600, or 0660 with a group. Nothing changes by GET. Errors are
 * problem+json (RFC 9457) with the codes of `docs/errors.md`. A bug answers 500 and is told to whoever opened the socket.
 */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createServer } from "../http.ts";
import { EcluseError } from "../errors.ts";
import { openapi } from "./openapi.ts";
import { type Handlers, ROUTES, type Route, type RouteName } from "./routes.ts";
import { readParameters } from "./parameters.ts";
import { admit } from "./socket-access.ts";
import { type Streamed, sendStream } from "./stream.ts";

/** Bytes of a request's body at most: parameters are short. */
const LARGEST_BODY = 65_536;

export interface ControlOptions {
  readonly path: string;
  /** Whose members may use it, too. */
  readonly group?: string;
  readonly handlers: Handlers;
  /** Told of a bug that answering met: a question must not end the sessions of the gateway that was asked. */
  readonly failed: (error: unknown) => void;
  /** Whoever answers there has given it up, or is about to. */
  readonly replace?: boolean;
}

/** How long answers under way may take once the server is disposed of, in milliseconds. */
const LAST_ANSWERS = 1_000;

export class ControlServer implements AsyncDisposable {
  readonly options: ControlOptions;
  readonly #server: Server;
  readonly #path: string;
  /** What tells our socket from another's of the same name. */
  #inode = 0;

  private constructor(options: ControlOptions, server: Server) {
    this.options = options;
    this.#path = options.path;
    this.#server = server;
  }

  /**
   * Listens, under another name until `publish`. Throws `cannot-listen` where the socket cannot be had, or another gateway
   * answers on it.
   */
  static async prepare(options: ControlOptions): Promise<ControlServer> {
    const { path, group, handlers, failed, replace = false } = options;
    const server = createServer((request, response) => void answer({ request, response, handlers, failed }));
    server.requestTimeout = 60_000;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      if (!replace) await removeStale(path);
      await rm(unpublished(path), { force: true });
      await listen(server, unpublished(path));
      await admit(unpublished(path), { path, group });
    } catch (cause) {
      server.close();
      throw cause instanceof EcluseError ? cause : cannotListen(path, cause);
    }
    return new ControlServer(options, server);
  }

  /** Takes the name in one stroke, from whoever has it: there is no instant at which nobody answers. */
  async publish(): Promise<void> {
    try {
      this.#inode = (await stat(unpublished(this.#path))).ino;
      await rename(unpublished(this.#path), this.#path);
    } catch (cause) {
      throw cannotListen(this.#path, cause);
    }
  }

  /** Whether the name is still ours. */
  async isPublished(): Promise<boolean> {
    const found = await stat(this.#path).catch(() => undefined);
    return found !== undefined && found.ino === this.#inode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (await this.isPublished()) await rm(this.#path, { force: true });
    // Once closed, the number may be another socket's: disposed of again, this must not take that one's name.
    this.#inode = 0;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), LAST_ANSWERS);
    await closed;
    clearTimeout(late);
  }
}

/** Node removes the name that a socket was bound to when it is closed: it must not be the one that others use. */
function unpublished(path: string): string {
  return `${path}.${process.pid}`;
}

/** A socket whose gateway was killed stays behind; one that answers belongs to a gateway that runs. */
async function removeStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error("there is a file of another kind");
  if (await answers(path)) throw new Error("another gateway answers there");
  await rm(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function listen(server: Server, path: string): Promise<void> {
  // Created with no permission for others from its first moment: a later chmod would leave a gap.
  const mask = process.umask(0o177);
  return new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
    server.listen(path);
  }).finally(() => process.umask(mask));
}

function cannotListen(path: string, cause: unknown): EcluseError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EcluseError("cannot-listen", `Cannot listen for commands on ${path}: ${why}`, {
    hint: "stop the other gateway, or name another socket with gateway.control",
    cause,
  });
}

interface Exchange extends Pick<ControlOptions, "handlers" | "failed"> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer({ request, response, handlers, failed }: Exchange): Promise<void> {
  try {
    const url = urlOf(request);
    if (request.method === "GET" && url.pathname === "/v1/openapi.json") {
      send(response, 200, openapi());
      return;
    }
    const name = routeOf(request.method, url.pathname);
    const given = ROUTES[name].method === "GET" ? queryOf(ROUTES[name], url, request) : await bodyOf(request);
    const { text, stream }: Route = ROUTES[name];
    const parameters = readParameters(ROUTES[name], given);
    const answered = await (handlers[name] as (given: unknown) => Promise<unknown>)(parameters);
    if (stream !== undefined) sendStream(response, stream, answered as Streamed);
    else if (text === undefined) send(response, 200, answered);
    else await sendParts(response, text, answered as AsyncIterable<string>);
  } catch (error) {
    // Parts of a text may have been sent already: then it ends there.
    if (!response.headersSent) sendProblem(response, error);
    if (!(error instanceof EcluseError)) failed(error);
  }
}

function urlOf({ url = "/" }: IncomingMessage): URL {
  const parsed = URL.parse(url, "http://ecluse");
  if (parsed !== null) return parsed;
  throw new EcluseError("usage", "Cannot read the request: its target is no path", {
    hint: "GET /v1/openapi.json lists the routes",
  });
}

function routeOf(method: string | undefined, path: string): RouteName {
  const routes = Object.entries(ROUTES) as [RouteName, Route][];
  const found = routes.find(([, route]) => route.path === path && route.method === method);
  if (found !== undefined) return found[0];
  throw new EcluseError("usage", `Cannot ${method ?? "?"} ${path}: there is no such route`, {
    hint: "GET /v1/openapi.json lists them",
  });
}

/** What stands in a header is what a browser adds when it comes again: newer than what it first asked by. */
function queryOf({ parameters }: Route, url: URL, { headers }: IncomingMessage): Readonly<Record<string, unknown>> {
  const sent = Object.entries(parameters).flatMap(([name, { header }]) => {
    const value = header === undefined ? undefined : headers[header];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(url.searchParams), ...Object.fromEntries(sent) };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > LARGEST_BODY) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    // The only error of a request's stream: its sender has gone, and nobody reads the answer.
    throw unreadable("it ended too early");
  }
  if (size > LARGEST_BODY) throw unreadable("it is too long");
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || "{}") as unknown;
  } catch {
    throw unreadable("it is not JSON");
  }
}

function unreadable(why: string): EcluseError {
  return new EcluseError("usage", `Cannot read the request's body: ${why}`, { hint: "send a small JSON object" });
}

/** HTTP's status of an error; 500 for a bug. */
function statusOf(error: unknown): number {
  if (!(error instanceof EcluseError)) return 500;
  if (error.code === "no-such-flow") return 404;
  if (error.code === "journal-unavailable") return 503;
  return error.code === "usage" ? 400 : 409;
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const known = error instanceof EcluseError;
  const problem = {
    type: known ? `https://ecluse.invalid/errors#${error.code}` : "about:blank",
    title: known ? error.message : "The gateway has a bug: its log has the stack",
    status: statusOf(error),
    ...(known ? { code: error.code, hint: error.hint } : {}),
  };
  send(response, problem.status, problem, "application/problem+json");
}

function send(response: ServerResponse, status: number, body: unknown, type = "application/json"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(JSON.stringify(body ?? null));
}

/** As fast as they are taken; whoever leaves before the end has no more of them. */
async function sendParts(response: ServerResponse, type: string, parts: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store" });
  await pipeline(parts, response).catch((error: unknown) => {
    if (!LEFT.has((error as NodeJS.ErrnoException).code)) throw error;
  });
}

/** By which it is known that whoever asked has gone. */
const LEFT: ReadonlySet<string | undefined> = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"]);
