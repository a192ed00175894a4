/** Loopback peers for tests: each test has addresses of its own, so that tests can run side by side. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../src/inventory/model.ts";

/** A random address of 127.64.0.0/10. */
export function loopbackAddress(): string {
  return `127.${randomInt(64, 128)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
}

export function ipv4(text: string): Ipv4 {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`not an address: ${text}`);
  return address;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Peer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly endpoint: Endpoint;
  /** Connections now, and the most there ever were at once. */
  readonly count: { open: number; most: number; total: number };
  readonly server: Server;
}

/** A TCP server on a loopback address of its own; ends every connection when disposed. */
export async function listen(
  onConnection: (socket: Socket) => void,
  at = { host: loopbackAddress(), port: 0 },
  { allowHalfOpen = true } = {},
): Promise<Peer> {
  const sockets = new Set<Socket>();
  const count = { open: 0, most: 0, total: 0 };
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.add(socket);
    count.total += 1;
    count.open += 1;
    count.most = Math.max(count.most, count.open);
    socket.on("close", () => {
      sockets.delete(socket);
      count.open -= 1;
    });
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(at);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: at.host,
    port,
    endpoint: { address: ipv4(at.host), port },
    count,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A port that nobody listens on at this address, by asking the system for one; or that very port, if it is free. */
export async function freePort(host: string, port = 0): Promise<number> {
  await using peer = await listen(() => undefined, { host, port });
  return peer.port;
}

/**
 * A port that nobody uses at any address: not one of those from which the system takes the ports of its clients
 * (Linux: 32768 to 60999), for the connection of a stranger would be in the way.
 */
export async function portOfEveryAddress(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    try {
      return await freePort("0.0.0.0", port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}

/** Whether some process listens there, without connecting to it. */
export function isListening(place: Place): boolean {
  // State 0A = LISTEN.
  return readFileSync("/proc/net/tcp", "utf8").includes(` ${procAddress(place)} 00000000:0000 0A `);
}

/** The kernel's number of the socket that listens there; another one, and it was closed meanwhile. */
export function listenerAt(place: Place): string | undefined {
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const line = lines.find((each) => each.includes(` ${procAddress(place)} 00000000:0000 0A `));
  return line?.trim().split(/\s+/)[9];
}

/** A place as /proc/net/tcp writes it: the address as a native number (Linux, Documentation/networking/proc_net_tcp.rst). */
function procAddress({ host, port }: Place): string {
  const octets = host.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return `${octets.reverse().join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/** What the system says of an open connection, in the words of its line there; fails where there is none. */
export function procSocket(from: Place | undefined, to: Place): readonly string[] {
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const [local, remote] = [from && procAddress(from), procAddress(to)];
  const words = lines
    .map((line) => line.trim().split(/\s+/))
    .find((each) => (local === undefined || each[1] === local) && each[2] === remote);
  if (words === undefined) throw new Error(`no connection to ${to.host}:${to.port}`);
  return words;
}

/** Waits until whoever is dialled there has taken the connection from the system, and read all that was written to it. */
export async function heardOut(client: Socket, at: Place): Promise<void> {
  const from = { host: client.localAddress ?? "", port: client.localPort ?? 0 };
  await until(() => {
    const words = procSocket(at, from);
    // No inode: still in the listener's queue.
    return client.writableLength === 0 && words[9] !== "0" && words[4]?.endsWith(":00000000") === true;
  }, "the connection taken and read");
}

/** Connects; errors are left to whoever listens for them. */
export async function dial(to: { host: string; port: number; from?: string }): Promise<Socket> {
  const socket = connect({
    host: to.host,
    port: to.port,
    allowHalfOpen: true,
    ...(to.from ? { localAddress: to.from } : {}),
  });
  await once(socket, "connect");
  return socket;
}

/** Connects to a door that is expected to refuse; says how that ended: `end` for FIN, else the error's code. */
export async function knock(to: { host: string; port: number; from?: string }): Promise<string> {
  const socket = connect({ host: to.host, port: to.port, ...(to.from ? { localAddress: to.from } : {}) });
  const { by } = await ending(socket);
  socket.destroy();
  return by;
}

/** How a socket's reading side ends: `end` for FIN, else the error's code. Reads and counts what comes before. */
export function ending(socket: Socket): Promise<{ readonly by: string; readonly bytes: Buffer }> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const settle = (by: string): void => resolve({ by, bytes: Buffer.concat(chunks) });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => settle("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.name));
    socket.on("close", () => settle("close"));
  });
}

/** Writes, and what comes back; whatever ends the session instead is said in words. */
export function says(client: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    const settle = (heard: string): void => {
      client.off("data", onData).off("end", onEnd).off("error", onError);
      resolve(heard);
    };
    const onData = (chunk: Buffer): void => settle(chunk.toString());
    const onEnd = (): void => settle("ended");
    const onError = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.name);
    client.on("data", onData).on("end", onEnd).on("error", onError);
    client.write(text);
  });
}

/** Polls a state every few milliseconds until it holds; fails after `within` milliseconds, which a busy machine may need. */
export async function until(state: () => boolean, what: string, within = 30_000): Promise<void> {
  const deadline = performance.now() + within;
  while (!state()) {
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until a growing number has stood still for half a second, and returns it. */
export async function settled(value: () => number): Promise<number> {
  let last = -1;
  let since = performance.now();
  await until(() => {
    if (value() !== last) since = performance.now();
    last = value();
    return performance.now() - since > 500;
  }, "a number that stands still");
  return last;
}

/** Lets `milliseconds` pass where a peer's own pace is what is tested (a slow answer), never to await a state. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Lets the event loop turn so many times, where what both ends do is to be interleaved. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
