/**
 * An introduction: a connection from a balancer that has not said yet whom it speaks for.
 *
 * Holds nothing but the socket and the few bytes of a PROXY header that is not whole: no place, no dial, no session. Ends in
 * one of three ways, and within `HEADER_TIME`: the header is whole, and the connection is handed on as its source's, with
 * the bytes that came behind the header; or there is none, and it is reset; or the balancer only looks whether somebody
 * is there (LOCAL), and is let go.
 */
import type { Socket } from "node:net";
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { HeaderProblem } from "../records.ts";
import { readHeader } from "./proxy-header.ts";
import { reset } from "./reset.ts";

/** How long a header may take, in milliseconds: the specification's least, which lets TCP send a lost segment again. */
export const HEADER_TIME = 3_000;

/** The relay, as an introduction sees it. Each introduction calls `left` once, and of the others one at most, before. */
export interface IntroductionHost {
  /** The header is whole. The socket is the relay's again; `said` is what came behind the header, unread. */
  readonly introduced: (introduction: Introduction, source: Endpoint, said: Buffer) => void;
  /** There is no header; the socket has been reset. */
  readonly unheard: (introduction: Introduction, problem: HeaderProblem) => void;
  /** It is none of this introduction's business any more. */
  readonly left: (introduction: Introduction) => void;
}

export class Introduction {
  readonly endpoint: Endpoint;
  readonly balancer: Ipv4;
  readonly socket: Socket;
  readonly #host: IntroductionHost;
  readonly #deadline: number;
  #came: Buffer = Buffer.alloc(0);
  #state: "listening" | "leaving" | "over" = "listening";

  constructor(
    host: IntroductionHost,
    socket: Socket,
    from: { readonly endpoint: Endpoint; readonly balancer: Ipv4; readonly now: number },
  ) {
    this.#host = host;
    this.socket = socket;
    this.endpoint = from.endpoint;
    this.balancer = from.balancer;
    this.#deadline = from.now + HEADER_TIME;
    socket.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError).on("close", this.#onClose);
  }

  /** Called a few times a second. `now` is the monotonic clock's. */
  sweep(now: number): void {
    if (now < this.#deadline) return;
    if (this.#state === "leaving") this.socket.destroy();
    else this.#fail("incomplete");
  }

  /** Ends it with RST, without a word to the relay but that it has left. */
  cut(): void {
    this.#settle();
    reset(this.socket);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state !== "listening") return;
    this.#came = this.#came.length === 0 ? chunk : Buffer.concat([this.#came, chunk]);
    const header = readHeader(this.#came);
    if (header.kind === "fault") this.#fail(header.fault);
    else if (header.kind === "local") this.#letGo();
    else if (header.kind === "proxied") this.#handOn(header.source, this.#came.subarray(header.length));
  };

  #handOn(source: Endpoint, said: Buffer): void {
    const { socket } = this;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError).off("close", this.#onClose);
    // First, so that the balancer's place is free for the one it brings.
    this.#settle();
    this.#host.introduced(this, source, said);
  }

  /**
   * A health check, which the specification has accepted as valid: it sees an orderly end, for RST would tell the balancer
   * that the gateway is down. What it may still say is read and dropped: unread bytes would turn the end into RST.
   */
  #letGo(): void {
    this.#state = "leaving";
    this.#came = Buffer.alloc(0);
    this.socket.end();
  }

  readonly #onEnd = (): void => this.#fail("incomplete");

  readonly #onError = (): void => this.#fail("incomplete");

  #fail(problem: HeaderProblem): void {
    if (this.#state !== "listening") return;
    this.#host.unheard(this, problem);
    this.cut();
  }

  readonly #onClose = (): void => this.#settle();

  #settle(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#host.left(this);
  }
}
