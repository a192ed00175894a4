/**
 * One end of a session: its socket, what came from it, and what still waits to be written to it.
 *
 * Tells its owner what happens to the socket; what follows from that is the session's to say.
 */
import type { Socket } from "node:net";
import { reset } from "./reset.ts";

/** A peer that stops answering keepalive probes is given up after 6 of them, this many milliseconds apart: a subnet
 * router's failover takes about 15 s, and must not cut a payment whose customer is typing the PIN. */
const KEEPALIVE = { interval: 10_000, count: 6 };

/** The session, as its ends see it. */
export interface SideOwner {
  /** Idle time before a keepalive probe, in milliseconds. */
  readonly keepalive: number;
  readonly connected: () => void;
  readonly received: (from: Side, chunk: Buffer) => void;
  readonly drained: (side: Side) => void;
  readonly ended: (side: Side) => void;
  /** `cause` is the system's error code. */
  readonly failed: (side: Side, cause: string) => void;
  readonly closed: (side: Side) => void;
}

/** A socket that knows its side: the handlers below are shared by all sessions instead of made for each. */
type OwnedSocket = Socket & { [ownSide]: Side };

const ownSide = Symbol("side");

export class Side {
  readonly owner: SideOwner;
  readonly party: "client" | "target";
  readonly socket: Socket;
  other: Side | undefined;
  /** Bytes received from this side for the other. */
  bytes = 0;
  /** Its FIN has arrived. */
  ended = false;
  closed = false;
  #lost = 0;
  #taken = 0;
  #takenAt = 0;
  #isKeptAlive = false;

  constructor(owner: SideOwner, party: "client" | "target", socket: Socket) {
    this.owner = owner;
    this.party = party;
    this.socket = socket;
  }

  listen(): void {
    const { socket } = this;
    (socket as OwnedSocket)[ownSide] = this;
    if (this.party === "target") socket.on("connect", onConnect);
    else socket.on("data", onData);
    socket.on("drain", onDrain).on("end", onEnd).on("error", onError).on("close", onClose);
  }

  /**
   * Has the system probe it, from the first call on. Only on a connected socket: libuv keeps the probes' times nowhere
   * before that. Called by the sweep: it is four system calls, and a session that is over within a moment needs none.
   */
  keepAlive(): void {
    if (this.#isKeptAlive) return;
    this.#isKeptAlive = true;
    this.socket.setKeepAlive(true, this.owner.keepalive, KEEPALIVE.interval, KEEPALIVE.count);
  }

  /** Bytes of this side that were handed on to the other side's system. */
  delivered(): number {
    return Math.max(0, this.bytes - (this.other?.waiting ?? 0));
  }

  /** Bytes that wait to be written to this side, or did when it was ended. */
  get waiting(): number {
    return this.#lost === 0 ? this.socket.writableLength : this.#lost;
  }

  /**
   * Sends FIN, after what waits. Where both directions are over then, closing the socket says it as well, and spares the
   * system call that would only say it.
   */
  end(): void {
    if (this.ended && this.socket.writableLength === 0) this.socket.destroy();
    else this.socket.end();
  }

  /** Ends it with RST. */
  reset(): void {
    this.noteLost();
    reset(this.socket);
  }

  /** What waits to be written now never will be; a destroyed socket forgets how much that was. */
  noteLost(): void {
    if (this.#lost === 0) this.#lost = this.socket.writableLength;
  }

  /**
   * Whether something waits to be written to this side and nothing was taken for `limit` milliseconds. Asked of what was
   * taken, not of what waits: under back-pressure one full chunk after another waits, and each looks like the last.
   */
  isStalled(now: number, limit: number): boolean {
    const waiting = this.socket.destroyed ? 0 : this.socket.writableLength;
    const taken = (this.other?.bytes ?? 0) - waiting;
    if (waiting === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAt = now;
      return false;
    }
    return now - this.#takenAt >= limit;
  }
}

function onConnect(this: Socket): void {
  (this as OwnedSocket)[ownSide].owner.connected();
}

function onData(this: Socket, chunk: Buffer): void {
  const side = (this as OwnedSocket)[ownSide];
  side.owner.received(side, chunk);
}

function onDrain(this: Socket): void {
  const side = (this as OwnedSocket)[ownSide];
  side.owner.drained(side);
}

function onEnd(this: Socket): void {
  const side = (this as OwnedSocket)[ownSide];
  side.owner.ended(side);
}

function onError(this: Socket, error: NodeJS.ErrnoException): void {
  const side = (this as OwnedSocket)[ownSide];
  side.owner.failed(side, error.code ?? error.name);
}

function onClose(this: Socket): void {
  const side = (this as OwnedSocket)[ownSide];
  side.owner.closed(side);
}
