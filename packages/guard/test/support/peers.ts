/** Two machines on one: the proxy and a stranger are two loopback addresses, and each speaks raw bytes or HTTP/2. */
import * as http2 from "node:http2";
import * as net from "node:net";
import * as tls from "node:tls";

export const SERVICE = "127.0.0.1";
export const PROXY = "127.0.0.2";
export const STRANGER = "127.0.0.9";

/** What came back on a connection, and how it ended. */
export interface Answer {
  readonly text: string;
  /** The statuses of all answers, in order. */
  readonly statuses: readonly number[];
  readonly end: "closed" | "reset" | "open";
}

export interface Route {
  readonly port: number;
  readonly from: string;
  readonly secure: boolean;
}

export function connect({ port, from, secure }: Route, alpn?: string): net.Socket {
  const socket = net.connect({ host: SERVICE, port, localAddress: from });
  if (!secure) return socket;
  return tls.connect({ socket, rejectUnauthorized: false, ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }) });
}

/** Sends the texts, each when the one before was answered; ends when as many answers came, or the peer closed. */
export async function say(route: Route, texts: readonly string[], socket = connect(route)): Promise<Answer> {
  let text = "";
  let said = 0;
  let reset = false;
  const sayNext = (): void => {
    const next = texts[said];
    said += 1;
    if (next !== undefined) socket.write(next, "latin1");
  };
  return new Promise((resolve) => {
    const finish = (end: Answer["end"]): void => {
      resolve({ text, statuses: statusesOf(text), end });
      socket.destroy();
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (statusesOf(text).length >= texts.length) setImmediate(() => socket.destroyed || finishSoon());
      else if (statusesOf(text).length >= said) sayNext();
    });
    // A closed socket says so at once; whoever stays open for a round trip more is open.
    const finishSoon = (): void => void setTimeout(() => finish("open"), 50);
    socket.on("error", (error: NodeJS.ErrnoException) => (reset ||= /RESET|EPIPE|SSL|TLS/.test(error.code ?? "")));
    socket.on("close", () => finish(reset ? "reset" : "closed"));
    sayNext();
  });
}

/** Opens a connection, says nothing, and waits up to `patience` milliseconds for its end. */
export async function stayQuiet(route: Route, patience: number, alpn?: string): Promise<Answer["end"]> {
  const socket = connect(route, alpn);
  let reset = false;
  socket.on("error", () => (reset = true)).resume();
  const closed = new Promise<Answer["end"]>((resolve) =>
    socket.once("close", () => resolve(reset ? "reset" : "closed")),
  );
  const open = new Promise<Answer["end"]>((resolve) => setTimeout(resolve, patience, "open"));
  const end = await Promise.race([closed, open]);
  socket.destroy();
  return end;
}

/** Sends requests over one HTTP/2 connection, one after another. A request that is not answered has no status. */
export async function request(
  route: Route,
  requests: readonly http2.OutgoingHttpHeaders[],
  opened = openSession(route),
): Promise<Answer> {
  const session = await opened;
  const statuses: number[] = [];
  for (const headers of requests) {
    const status = await statusOf(session, headers);
    if (status !== undefined) statuses.push(status);
  }
  const end = session.closed || session.destroyed ? "closed" : "open";
  session.destroy();
  return { text: "", statuses, end };
}

/** Resolves once the peer's settings are known (an extended CONNECT has to wait for them), or it closed. */
export async function openSession(route: Route): Promise<http2.ClientHttp2Session> {
  const authority = `http${route.secure ? "s" : ""}://${SERVICE}:${route.port}`;
  const session = http2.connect(authority, { createConnection: () => connect(route, "h2") });
  session.on("error", () => undefined);
  await new Promise((resolve) => session.once("remoteSettings", resolve).once("close", resolve));
  return session;
}

function statusOf(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders): Promise<number | undefined> {
  return new Promise((resolve) => {
    if (session.closed || session.destroyed) {
      resolve(undefined);
      return;
    }
    const stream = session.request(headers, { endStream: true });
    let status: number | undefined;
    stream.on("response", (answer) => (status = Number(answer[":status"])));
    stream.on("error", () => undefined).on("close", () => setImmediate(resolve, status));
    stream.resume();
    // An open CONNECT stream never ends by itself; its status is all there is to know.
    if (headers[":method"] === "CONNECT") stream.once("response", () => stream.close());
  });
}

function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/(?:HTTP\/1\.1|STATUS) (\d{3})/g)]
    .map(([, status]) => Number(status))
    .filter((status) => status !== 100);
}
