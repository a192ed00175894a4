/** A dashboard for a test: its state in a folder of its own, and requests written byte by byte. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "../../src/cli/clock.ts";
import { Dashboard, type DashboardOptions } from "../../src/web/server/dashboard.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

export interface Opened extends AsyncDisposable {
  readonly dashboard: Dashboard;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  readonly token: () => string;
  readonly control: string;
  readonly state: string;
  /** Bugs that answering met. */
  readonly failed: readonly unknown[];
  /** Ends it and starts another in the same place. */
  readonly restart: () => Promise<Opened>;
}

type Options = Partial<Pick<DashboardOptions, "clock" | "wait" | "page" | "control">>;

const FIXTURE = new URL("../fixtures/web-page", import.meta.url).pathname;

export async function opened(options: Options = {}): Promise<Opened> {
  const folder = temporaryFolder();
  const started = await start(folder.path, { host: "127.0.0.1", port: 0 }, options);
  return {
    ...started,
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function start(folder: string, listen: DashboardOptions["listen"], options: Options): Promise<Opened> {
  const failed: unknown[] = [];
  const [control, state] = [join(folder, "control.sock"), join(folder, "state")];
  const dashboard = await Dashboard.start({
    ...{ listen, control, state, clock: systemClock, page: FIXTURE },
    failed: (error) => void failed.push(error),
    ...options,
  });
  const { host, port } = new URL(dashboard.url);
  return {
    ...{ dashboard, host, port: Number(port), control, state, failed },
    token: () => readFileSync(join(state, "dashboard.token"), "utf8").trim(),
    restart: async () => {
      await dashboard[Symbol.asyncDispose]();
      return start(folder, { host: "127.0.0.1", port: Number(port) }, options);
    },
    [Symbol.asyncDispose]: () => dashboard[Symbol.asyncDispose](),
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly json: unknown;
}

/** Writes a request as it is, and reads the answer until the connection is closed. */
export async function raw({ port }: Pick<Opened, "port">, text: string): Promise<Reply> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return parsed(Buffer.concat(chunks).toString());
}

export function parsed(text: string): Reply {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  const isChunked = headers.some(([name, value]) => name === "transfer-encoding" && value === "chunked");
  const body = isChunked ? dechunked(text.slice(end + 4)) : text.slice(end + 4);
  const json: unknown = body.startsWith("{") || body.startsWith("[") || body === "null" ? JSON.parse(body) : undefined;
  return { status: Number(first.split(" ")[1]), headers: new Map(headers), body, json };
}

/** As far as its chunks are whole. */
function dechunked(text: string): string {
  const [, length = "0"] = /^([0-9a-f]+)\r\n/.exec(text) ?? [];
  const [begin, size] = [length.length + 2, parseInt(length, 16)];
  return size === 0 ? "" : text.slice(begin, begin + size) + dechunked(text.slice(begin + size + 2));
}

export interface Sent {
  readonly method?: string;
  /** As it stands in the first line. */
  readonly path?: string;
  /** `undefined`: the header is not sent. */
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly cookie?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A request as our own page sends it, but for what is given. */
export function ask(to: Opened, sent: Sent = {}): Promise<Reply> {
  return raw(to, requestText(to, sent));
}

export function requestText(to: Opened, sent: Sent): string {
  const { method = "GET", path = "/", cookie, headers = {}, body } = sent;
  const own = { host: to.host, origin: method === "POST" ? `http://${to.host}` : undefined, ...sent };
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const all: Readonly<Record<string, string | undefined>> = {
    ...{ host: own.host, origin: own.origin, cookie, connection: "close" },
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${text}`;
}

/** Logs in, and returns the cookie. */
export async function logIn(to: Opened, name = "Ada"): Promise<string> {
  const { status, headers } = await ask(to, { method: "POST", path: "/login", body: { token: to.token(), name } });
  if (status !== 204) throw new Error(`cannot log in: ${status}`);
  return headers.get("set-cookie")?.split(";")[0] ?? "";
}

export interface Listening extends Disposable {
  readonly socket: Socket;
  /** Whatever came so far, without the headers of HTTP and the lengths of its chunks. */
  readonly text: () => string;
}

/** Listens to events, until it is disposed of. */
export function listenTo(to: Opened, sent: Sent): Listening {
  const socket = connect({ host: "127.0.0.1", port: to.port });
  socket.on("error", () => undefined);
  socket.write(requestText(to, { path: "/v1/events", headers: { connection: "keep-alive" }, ...sent }));
  let all = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (all += chunk));
  const text = (): string => all.replaceAll(/\r\n[0-9a-f]+\r\n|\r\n(?=$)/g, "");
  return { socket, text, [Symbol.dispose]: () => void socket.destroy() };
}
