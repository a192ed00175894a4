/**
 * A payment terminal that is not one: for the demo, for tests and for trials of a gateway.
 *
 * Promises to do what its behaviour says (`behaviours.ts`), to answer however the request was cut, to answer a client
 * that has already ended its direction, and to report counts and kinds only (`events.ts`). What the messages say is in
 * `messages.ts`. It holds no money, no card and no key, and no card number it sends exists.
 */
import { EventEmitter, once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { EcluseError } from "../errors.ts";
import type { Behaviour, BehaviourName, Settings } from "./behaviours.ts";
import { BEHAVIOURS, LONGEST_DELAY } from "./behaviours.ts";
import { TERMINAL_EVENTS } from "./events.ts";
import type { TerminalEvent, TerminalEventMap } from "./events.ts";
import type { DeclineReason } from "./messages.ts";
import { TerminalSession } from "./session.ts";

export interface TerminalOptions {
  /** An IPv4 address of this host. */
  readonly address: string;
  /** 0 for any free one: read it back from the terminal. */
  readonly port: number;
  /** Default: `pay`. */
  readonly behaviour?: BehaviourName;
  /** How long the customer takes: 0 to 180,000 ms, default 2,000. */
  readonly delay?: number;
  /** Pause between the pieces of an answer: in ms, default 100. */
  readonly gap?: number;
  /** Why `decline` declines; default 04, refused. */
  readonly reason?: DeclineReason;
  /** Closes the terminal. */
  readonly signal?: AbortSignal;
}

/** Listens from `start` to `close` (or the signal, or the end of an `await using`), and emits `TerminalEvent`s. */
export class SimulatedTerminal extends EventEmitter<TerminalEventMap> implements AsyncDisposable {
  readonly address: string;
  readonly behaviour: BehaviourName;
  readonly #row: Behaviour;
  readonly #settings: Settings;
  readonly #signal: AbortSignal | undefined;
  readonly #server: Server;
  readonly #sessions = new Set<TerminalSession>();
  readonly #onAbort = (): void => void this.close();
  #port: number;
  #count = 0;
  #mostAtOnce = 0;
  #closing: Promise<void> | undefined;

  /** Rejects with `cannot-listen` where the address and port cannot be had. */
  static async start(options: TerminalOptions): Promise<SimulatedTerminal> {
    options.signal?.throwIfAborted();
    const terminal = new SimulatedTerminal(options);
    await terminal.#listen();
    return terminal;
  }

  private constructor(options: TerminalOptions) {
    super();
    const { delay = 2000, gap = 100, reason = "04" } = options;
    if (!(delay >= 0 && delay <= LONGEST_DELAY)) throw new RangeError(`a delay is 0 to ${LONGEST_DELAY} ms`);
    this.address = options.address;
    this.behaviour = options.behaviour ?? "pay";
    this.#port = options.port;
    this.#row = BEHAVIOURS[this.behaviour];
    this.#settings = { delay, gap, reason };
    this.#signal = options.signal;
    const sockets = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    this.#server = createServer(sockets, (socket) => this.#admit(socket));
  }

  /** The port it listens on: the given one, or the one that was free. */
  get port(): number {
    return this.#port;
  }

  /** Sessions open now. A session is open until both directions have ended, or it was reset. */
  get open(): number {
    return this.#sessions.size;
  }

  /** The most sessions that were ever open at once. */
  get mostAtOnce(): number {
    return this.#mostAtOnce;
  }

  /** Hears every event, whatever its kind. */
  onEvent(listener: (event: TerminalEvent) => void): void {
    for (const kind of TERMINAL_EVENTS) (this as EventEmitter).on(kind, listener);
  }

  /** Stops listening and resets the open sessions, as a terminal does that loses its power. Resolves when all is shut. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<void> {
    try {
      this.#server.listen(this.#port, this.address);
      await once(this.#server, "listening");
    } catch (error) {
      throw cannotListen(`${this.address}:${this.#port}`, error);
    }
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    // A port that was had and given back is one that nobody else listens on: that is what "refused" needs.
    if (this.#row.listens === false) await this.#stopListening();
    if (this.#signal?.aborted) await this.close();
  }

  #admit(socket: Socket): void {
    const peer = socket.remoteAddress ? `${socket.remoteAddress}:${socket.remotePort ?? 0}` : "unknown";
    if (this.#closing !== undefined || this.open >= (this.#row.sessions ?? Infinity)) {
      socket.on("error", () => undefined);
      socket.resetAndDestroy();
      this.#report({ kind: "turned-away", peer });
      return;
    }
    this.#count += 1;
    const session = new TerminalSession(socket, this.#count, (event) => this.#hear(event, session));
    this.#sessions.add(session);
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.open);
    this.#report({ kind: "connection", session: session.number, peer });
    void this.#follow(session);
  }

  async #follow(session: TerminalSession): Promise<void> {
    try {
      await this.#row.script(session, this.#settings);
    } catch (error) {
      if (!session.isOver) throw error;
    }
  }

  #hear(event: TerminalEvent, session: TerminalSession): void {
    if (event.kind === "closed") this.#sessions.delete(session);
    this.#report(event);
  }

  #report(event: TerminalEvent): void {
    // One name, one payload: the map says so, but TypeScript cannot follow it through a union.
    (this as EventEmitter).emit(event.kind, event);
  }

  async #shut(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const open = [...this.#sessions];
    for (const session of open) session.reset();
    // A server is closed before the last of its sockets says so.
    await Promise.all([this.#stopListening(), ...open.map((session) => session.closed)]);
  }

  async #stopListening(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

const OBSTACLES: Readonly<Record<string, readonly [obstacle: string, hint: string]>> = {
  EADDRINUSE: ["address already in use", "choose another port, or stop what listens there (ss -ltnp)"],
  EADDRNOTAVAIL: [
    "the address is not on this host",
    "use an address of this host; 127.0.0.0/8 needs no setting up, such as 127.17.22.10",
  ],
  EACCES: ["permission denied", "ports below 1024 need a privilege; choose a higher one"],
};

function cannotListen(endpoint: string, cause: unknown): EcluseError {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
  const [obstacle, hint] = OBSTACLES[code] ?? [code, "check the address and the port"];
  return new EcluseError("cannot-listen", `Cannot listen on ${endpoint}: ${obstacle}`, { hint, cause });
}
