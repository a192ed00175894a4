/** One client connection that asks, and verifies what it is answered. */
import { connect, type Socket } from "node:net";
import type { TargetDoor } from "./job.ts";
import { ANSWER_BYTES, answerFor, requestFor } from "../traffic.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

export class Session {
  readonly #socket: Socket;
  readonly #terminal: string;
  readonly #answer = Buffer.alloc(ANSWER_BYTES);
  readonly #closed = Promise.withResolvers<undefined>();
  #filled = 0;
  #number = 0;
  #waiting: Waiting | undefined;
  #failure: Error | undefined;

  constructor({ host, port, terminal }: TargetDoor) {
    this.#terminal = terminal;
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      // One buffer for its whole life: the load generator should cost as little as Node allows.
      onread: { buffer: Buffer.alloc(1024), callback: (length, bytes) => this.#receive(bytes.subarray(0, length)) },
    });
    this.#socket.on("error", (error) => (this.#failure ??= error));
    this.#socket.on("close", () => this.#finish());
  }

  /** Sends one request; resolves once its answer has come and is right to the last byte. */
  ask(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#number++;
      this.#socket.write(requestFor("answer", this.#number));
    });
  }

  /** Closes from our side first; resolves when both sides have closed, rejects where that did not go cleanly. */
  async end(): Promise<void> {
    this.#socket.end();
    await this.#closed.promise;
    if (this.#failure) throw this.#failure;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Uint8Array): boolean {
    if (!this.#waiting || this.#filled + bytes.length > ANSWER_BYTES) {
      this.#socket.destroy(new Error("more bytes than were asked for"));
      return true;
    }
    this.#answer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    if (this.#filled === ANSWER_BYTES) this.#judge(this.#waiting);
    return true;
  }

  #judge({ resolve }: Waiting): void {
    if (!this.#answer.equals(answerFor(this.#number, this.#terminal))) {
      this.#socket.destroy(new Error("the answer's bytes are wrong"));
      return;
    }
    this.#filled = 0;
    this.#waiting = undefined;
    resolve();
  }

  #finish(): void {
    if (this.#waiting) this.#failure ??= new Error("closed before the answer was complete");
    if (this.#failure) this.#waiting?.reject(this.#failure);
    this.#failure ??= this.#socket.writableEnded ? undefined : new Error("closed by the other side");
    this.#closed.resolve(undefined);
  }
}
