/** One connection to a simulated terminal, from accept to close: the words in which a behaviour is written. */
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Message, Reading } from "./caisse-ap.ts";
import { NOTHING_READ, readMore } from "./caisse-ap.ts";
import type { TerminalEvent } from "./events.ts";
import { isCompleteRequest, kindOfRequest } from "./messages.ts";

/**
 * A session reads nothing until `request` or `clientEnd` is called first. It ends itself where the client ends before
 * its request is complete, and resets where the request is no Caisse-AP. Every method that waits rejects once the
 * session is over (`isOver`): there is nobody left to answer.
 */
export class TerminalSession {
  readonly number: number;
  /** Resolves when the socket is closed and this was reported. */
  readonly closed: Promise<undefined>;
  readonly #socket: Socket;
  readonly #notify: (event: TerminalEvent) => void;
  readonly #request = Promise.withResolvers<Message>();
  readonly #clientEnd = Promise.withResolvers<undefined>();
  readonly #gone = Promise.withResolvers<undefined>();
  readonly #over = Promise.withResolvers<never>();
  readonly #stop = new AbortController();
  #reading: Reading = NOTHING_READ;
  #heard = false;
  #how: "closed" | "reset" = "closed";
  #by: "client" | "terminal" | undefined;

  constructor(socket: Socket, number: number, notify: (event: TerminalEvent) => void) {
    this.number = number;
    this.closed = this.#gone.promise;
    this.#socket = socket;
    this.#notify = notify;
    this.#over.promise.catch(() => undefined); // Nobody may be waiting.
    socket.on("data", (chunk: Buffer) => this.#hear(chunk));
    socket.on("end", () => this.#clientEnded());
    socket.on("error", () => this.#wasReset());
    socket.on("close", () => this.#closed());
  }

  /** Whether there is nobody left to answer. */
  get isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The request, once it is complete. Bytes after it are read, counted and ignored: one connection, one transaction. */
  request(): Promise<Message> {
    this.#socket.resume();
    return this.#unlessOver(this.#request.promise);
  }

  /** Waits until the client has ended its direction. */
  clientEnd(): Promise<undefined> {
    this.#socket.resume();
    return this.#unlessOver(this.#clientEnd.promise);
  }

  /** Waits; in milliseconds. */
  async wait(duration: number): Promise<void> {
    await setTimeout(duration, undefined, { signal: this.#stop.signal });
  }

  /** Sends bytes as they are, in one write; returns when the network has them all. */
  send(bytes: Uint8Array): Promise<undefined> {
    const written = Promise.withResolvers<undefined>();
    this.#socket.write(bytes, (error) => {
      if (!error) written.resolve(undefined);
    });
    return this.#unlessOver(written.promise);
  }

  /** Sends an answer, in one piece or several with `gap` milliseconds between them, and reports it. */
  async answer(pieces: readonly Uint8Array[], gap: number): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await this.wait(gap);
      await this.send(piece);
    }
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#notify({ kind: "answered", session: this.number, bytes });
  }

  /** Ends this direction (FIN) and reads on until the client ends. */
  end(): void {
    this.#by ??= "terminal";
    this.#socket.resume();
    this.#socket.end();
  }

  /** Cuts the session (RST). */
  reset(): void {
    if (this.#socket.destroyed) return;
    this.#by = "terminal";
    this.#how = "reset";
    this.#socket.resetAndDestroy();
  }

  #hear(chunk: Buffer): void {
    if (this.#heard) return;
    this.#reading = readMore(this.#reading, chunk);
    const { fields, bytes, unreadable } = this.#reading;
    if (unreadable) {
      this.#heard = true;
      this.#notify({ kind: "unreadable", session: this.number, why: unreadable, bytes });
      this.reset();
    } else if (isCompleteRequest(this.#reading)) {
      this.#heard = true;
      this.#notify({ kind: "request", session: this.number, request: kindOfRequest(fields), bytes });
      this.#request.resolve(fields);
    }
  }

  #clientEnded(): void {
    this.#by ??= "client";
    this.#clientEnd.resolve(undefined);
    if (this.#heard) return;
    this.#finish();
    this.#socket.end();
  }

  #wasReset(): void {
    this.#by = "client";
    this.#how = "reset";
  }

  #closed(): void {
    this.#finish();
    const { bytesRead, bytesWritten } = this.#socket;
    const by = this.#by ?? "terminal";
    const counts = { received: bytesRead, sent: bytesWritten };
    this.#notify({ kind: "closed", session: this.number, how: this.#how, by, ...counts });
    this.#gone.resolve(undefined);
  }

  #finish(): void {
    this.#stop.abort();
    this.#over.reject(new Error("the session is over"));
  }

  #unlessOver<Result>(promise: Promise<Result>): Promise<Result> {
    return Promise.race([promise, this.#over.promise]);
  }
}
