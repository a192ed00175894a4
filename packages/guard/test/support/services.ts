/**
 * One service in six kinds, and in two frameworks, written as services are: listeners of its own, a library's upgrade
 * handler, an error handler. It notes what a peer reached. Its filter is the founding document's (a comparison in the
 * route), one of the ways such filters are got wrong, or none at all.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import * as http2 from "node:http2";
import { createServer as createHttps } from "node:https";
import { createRequire } from "node:module";
import { createServer as createNet, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTls } from "node:tls";
import { CERTIFICATE } from "./certificate.ts";

export const KINDS = ["http", "https", "http2", "http2-tls", "net", "tls", "express", "fastify"] as const;
export type Kind = (typeof KINDS)[number];

/** Whether the service answers this peer. `claimed` is what the peer says of itself (a header, a PROXY line). */
export type Filter = (peer: string | undefined, claimed: string | undefined) => boolean;

export interface Service {
  readonly server: Server;
  /** What was reached, in order: names of listeners. */
  readonly reached: string[];
}

export async function createService(kind: Kind, filter: Filter): Promise<Service> {
  const reached: string[] = [];
  const server = await (kind === "net" || kind === "tls" ? lines(kind, filter, reached) : web(kind, filter, reached));
  server.on("connection", () => reached.push("connection"));
  server.on("tlsClientError", () => reached.push("tlsClientError"));
  return { server, reached };
}

/** What a library adds to a service after everything else. */
export function addLater(kind: Kind, { server, reached }: Service): void {
  const event = kind === "net" ? "connection" : kind === "tls" ? "secureConnection" : "request";
  server.on(event, () => reached.push("later"));
}

async function web(kind: Exclude<Kind, "net" | "tls">, filter: Filter, reached: string[]): Promise<Server> {
  const server = await createWeb(kind, filter, reached);
  server.on("upgrade", (_request: unknown, socket: Duplex) => {
    reached.push("upgrade");
    socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  });
  server.on("connect", (_request: unknown, answer: Duplex | http2.Http2ServerResponse) => {
    reached.push("connect");
    if ("writeHead" in answer) answer.writeHead(200).end();
    else answer.end("HTTP/1.1 200 Connected\r\n\r\n");
  });
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    reached.push("checkContinue");
    response.writeContinue();
    server.emit("request", request, response);
  });
  server.on("clientError", (_error: unknown, socket: Duplex) => {
    reached.push("clientError");
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
  server.on("sessionError", () => reached.push("sessionError"));
  return server;
}

function createWeb(kind: Exclude<Kind, "net" | "tls">, filter: Filter, reached: string[]): Server | Promise<Server> {
  if (kind === "express") return express(filter, reached);
  if (kind === "fastify") return fastify(filter, reached);
  const server = createPlain(kind);
  server.on("request", () => reached.push("earlier"));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const allowed = filter(request.socket.remoteAddress, request.headers["x-forwarded-for"]?.toString());
    if (allowed) reached.push("route");
    response.statusCode = allowed ? 200 : 403;
    response.end(allowed ? "hello" : "forbidden");
  });
  return server;
}

function createPlain(kind: "http" | "https" | "http2" | "http2-tls"): Server {
  const settings = { enableConnectProtocol: true };
  if (kind === "http") return createHttp();
  if (kind === "https") return createHttps(CERTIFICATE);
  return kind === "http2" ? http2.createServer({ settings }) : http2.createSecureServer({ ...CERTIFICATE, settings });
}

function express(filter: Filter, reached: string[]): Server {
  interface App {
    use(handler: (request: IncomingMessage, response: ServerResponse, next: () => void) => void): void;
  }
  const create = createRequire(import.meta.url)("express") as () => App;
  const app = create();
  app.use((_request, _response, next) => {
    reached.push("earlier");
    next();
  });
  app.use((request, response, next) => {
    const allowed = filter(request.socket.remoteAddress, request.headers["x-forwarded-for"]?.toString());
    if (allowed) next();
    else response.writeHead(403).end("forbidden");
  });
  app.use((_request, response) => {
    reached.push("route");
    response.end("hello");
  });
  return createHttp(app as never);
}

async function fastify(filter: Filter, reached: string[]): Promise<Server> {
  const { fastify: create } = await import("fastify");
  const app = create({ clientErrorHandler: () => undefined });
  app.addHook("onRequest", (_request, _reply, done) => {
    reached.push("earlier");
    done();
  });
  app.addHook("onRequest", async (request, reply) => {
    if (filter(request.socket.remoteAddress, request.headers["x-forwarded-for"]?.toString())) return;
    await reply.code(403).send("forbidden");
  });
  app.get("/", (_request, reply) => {
    reached.push("route");
    return reply.send("hello");
  });
  await app.ready();
  return app.server;
}

/** A protocol of lines: `hello` is answered `STATUS 200`; a PROXY line may come first. */
function lines(kind: "net" | "tls", filter: Filter, reached: string[]): Server {
  const serve = (socket: Socket): void => {
    socket.on("error", () => undefined);
    socket.on("data", () => reached.push("earlier"));
    socket.on("data", (chunk: Buffer) => {
      const claimed = /^PROXY TCP4 (\S+)/.exec(chunk.toString("latin1"))?.[1];
      const allowed = filter(socket.remoteAddress, claimed);
      if (allowed) reached.push("route");
      socket.write(allowed ? "STATUS 200\n" : "STATUS 403\n");
    });
  };
  return kind === "net" ? createNet(serve) : createTls(CERTIFICATE, serve);
}
