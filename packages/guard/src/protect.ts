/**
 * Puts a judge before everything that listens to a server.
 *
 * The server's `emit` is replaced, because that is the one place through which a connection reaches the server at all:
 * a listener put first with `prependListener` can answer but not keep the others from running (the 403 was sent and the
 * handler ran nevertheless, 299 times of 300), and replacing listeners misses those that are added later. A refused
 * socket is therefore seen by no listener of the service: no parser, no route, no WebSocket library, no `clientError`.
 * (Who subscribes to Node's diagnostics channel `net.server.socket` does see it, after it was refused.)
 *
 * One listener is called for a refused socket, by itself: Node's own that begins TLS, because a 403 inside TLS needs
 * the server's certificate. Its 'secureConnection' and 'tlsClientError' are kept from the service in turn; what the
 * service answers during a handshake (`SNICallback`, session tickets) is asked for refused peers too, unless they are
 * reset.
 */
import type { Server, Socket } from "node:net";
import { Door, type Judge } from "./door.ts";
import { GuardError } from "./error.ts";

type Emit = (event: string | symbol, ...values: unknown[]) => boolean;

const judgesOf = new WeakMap<Server, Set<Judge>>();

/**
 * Judges every connection of the server from now on; a second call with the same judge changes nothing, another judge
 * must agree too. Sockets that came before are judged at their next HTTP request and reset; those of plain net and tls
 * servers, and WebSockets that are open already, cannot be found any more, so call this before `listen`, or in the same
 * tick.
 * @throws GuardError `server` if this is no server of node:net, http, https, http2 or tls.
 */
export function protect(server: Server, judge: Judge): void {
  if (!isServer(server))
    throw new GuardError("server", "protect needs a server of node:net, tls, http, https or http2, not an application");
  const judges = judgesOf.get(server) ?? new Set();
  if (judges.has(judge)) return;
  judgesOf.set(server, judges.add(judge));
  intercept(server, new Door(server, judge));
}

function intercept(server: Server, door: Door): void {
  const pass = server.emit.bind(server) as Emit;
  let mayBeLate = server.listening;
  // One that listened before and will again may have kept some of its connections.
  server.getConnections((_error, count) => (mayBeLate ||= count > 0));
  const emit: Emit = (event, ...values) => {
    if (event === "connection") return door.admits(values[0] as Socket) && pass(event, ...values);
    if (event === "secureConnection") return door.admitsSecure(values[0] as Socket) && pass(event, ...values);
    if (event === "tlsClientError") return door.admitsTlsError(values[1] as Socket) && pass(event, ...values);
    if (mayBeLate && !door.admitsLate(event, values)) return true;
    return pass(event, ...values);
  };
  Object.defineProperty(server, "emit", { value: emit, writable: true, configurable: true });
}

function isServer(server: unknown): boolean {
  const { emit, listen, address, getConnections } = (server ?? {}) as Partial<Record<string, unknown>>;
  return [emit, listen, address, getConnections].every((method) => typeof method === "function");
}
