/** The judge's verdicts at one server: who passes, and how the others are told that they do not. */
import type { Http2Session, ServerHttp2Stream } from "node:http2";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { answerForbiddenHttp2 } from "./forbidden-http2.ts";
import { answerForbidden, PATIENCE } from "./forbidden.ts";
import { kindOf, type ServerKind } from "./server-kind.ts";

/** What a server asks of a guard. */
export interface Judge {
  readonly reject: "403" | "reset";
  /** Pure: whether this peer may come in. */
  allows(address: string | undefined): boolean;
  /** Counts and tells one refusal. */
  countRefusal(socket: Socket | undefined, at: "connection" | "request"): void;
}

/** Refused sockets of one server that are being told so at one time; beyond, they are reset at once. */
const TOLD_AT_ONCE = 256;

/** The events of HTTP servers by which a socket that was there already does something, and where each shows it. */
const SOCKET_OF = new Map<unknown, (values: readonly unknown[]) => Socket | undefined>([
  ...["request", "checkContinue", "checkExpectation", "upgrade", "connect", "dropRequest"].map(
    (event) => [event, ([request]: readonly unknown[]) => (request as { readonly socket?: Socket }).socket] as const,
  ),
  ["clientError", ([, socket]) => socket as Socket],
]);

export class Door {
  readonly #server: Server;
  readonly #judge: Judge;
  readonly #kind: ServerKind;
  /** The peers that are being told: `address port`. A TLS socket does not say which socket it came by. */
  readonly #beingTold = new Set<string>();

  constructor(server: Server, judge: Judge) {
    this.#server = server;
    this.#judge = judge;
    this.#kind = kindOf(server);
  }

  /** At 'connection': `false` if the socket was refused, and then it is this door's to end. */
  admits(socket: Socket): boolean {
    if (this.#judge.allows(socket.remoteAddress)) return true;
    // A refused peer's errors are nobody's.
    socket.on("error", () => undefined);
    this.#judge.countRefusal(socket, "connection");
    this.#refuse(socket);
    return false;
  }

  /** At 'secureConnection', which a refused peer reaches only to be told 403 inside TLS. */
  admitsSecure(socket: Socket): boolean {
    if (this.#judge.allows(socket.remoteAddress)) return true;
    socket.on("error", () => undefined);
    if (!this.#beingTold.has(nameOf(socket))) return this.#refuseLate(socket);
    const speaksHttp2 = (socket as { readonly alpnProtocol?: unknown }).alpnProtocol === "h2";
    if (speaksHttp2) answerForbiddenHttp2(socket);
    else answerForbidden(socket);
    return false;
  }

  /** At 'tlsClientError': a handshake that a refused peer spoils is ended here. A peer that is gone has no address left. */
  admitsTlsError(socket: Socket): boolean {
    if (this.#judge.allows(socket.remoteAddress)) return true;
    socket.on("error", () => undefined).destroy();
    return false;
  }

  /** At an event of a socket that may have come before the judge did. */
  admitsLate(event: string | symbol, values: readonly unknown[]): boolean {
    if (event === "stream") return this.#admitsSession((values[0] as ServerHttp2Stream).session);
    if (event === "session") return this.#admitsSession(values[0] as Http2Session);
    const socketOf = SOCKET_OF.get(event);
    if (socketOf === undefined) return true;
    const socket = socketOf(values);
    // A socket that is gone does nothing any more, and has no address left to judge.
    return socket?.destroyed === true || this.#judge.allows(socket?.remoteAddress) || this.#refuseLate(socket);
  }

  /** The socket of a session may be asked who it is, but only the session may end it. */
  #admitsSession(session: Http2Session | undefined): boolean {
    const socket = session?.socket as Socket | undefined;
    if (this.#judge.allows(socket?.remoteAddress)) return true;
    this.#judge.countRefusal(socket, "request");
    session?.destroy();
    return false;
  }

  #refuseLate(socket: Socket | undefined): false {
    this.#judge.countRefusal(socket, "request");
    if (socket !== undefined) reset(socket);
    return false;
  }

  #refuse(socket: Socket): void {
    if (this.#judge.reject === "reset" || this.#kind === "raw" || !this.#mayTellOneMore()) {
      reset(socket);
      return;
    }
    const name = nameOf(socket);
    this.#beingTold.add(name);
    socket.once("close", () => this.#beingTold.delete(name));
    if (this.#kind === "http") answerForbidden(socket);
    else if (this.#kind === "http2") answerForbiddenHttp2(socket);
    else this.#beginTls(socket);
  }

  /** Those who are being told count in the server's `maxConnections`: half of it is kept for those who may come in. */
  #mayTellOneMore(): boolean {
    const { maxConnections = Infinity } = this.#server as Partial<Server>;
    return this.#beingTold.size < Math.min(TOLD_AT_ONCE, maxConnections / 2);
  }

  /** Lets Node's own listener, and no other, begin TLS with the server's certificate; the answer follows inside. */
  #beginTls(socket: Socket): void {
    const patience = setTimeout(() => reset(socket), PATIENCE).unref();
    socket.once("close", () => clearTimeout(patience));
    beginTls().call(this.#server, socket);
  }
}

/** Node's own listener is the one that every new TLS server has; it is the same function for all of them. */
let ownListener: ((socket: Socket) => void) | undefined;

function beginTls(): (socket: Socket) => void {
  ownListener ??= createTlsServer().listeners("connection")[0] as ((socket: Socket) => void) | undefined;
  return ownListener ?? reset;
}

function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ""} ${socket.remotePort ?? ""}`;
}

/** Only TCP knows a reset: a TLS socket throws, and what a program injects as a connection may be any stream. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
