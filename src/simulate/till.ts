/**
 * A till: one payment request to a terminal (or to the gateway in front of it), and how it ended.
 *
 * It never tries again: a connection that broke may already be a charged card. Like real tills it closes the connection
 * with its answer in hand; what the terminal had yet to say is lost with it.
 */
import type { Socket } from "node:net";
import { connect } from "node:net";
import { ANSWER_LIMIT, NOTHING_READ, printMessage, readMore } from "./caisse-ap.ts";
import type { Reading } from "./caisse-ap.ts";
import { paymentRequest, verdictOf } from "./messages.ts";

export interface PaymentOptions {
  readonly host: string;
  readonly port: number;
  /** The address to come from; default: the system's choice. */
  readonly localAddress?: string;
  readonly amountCents: number;
  /** The till's number, 0..99; default 1. */
  readonly till?: number;
  /** For the whole payment, in ms; default 180,000. */
  readonly timeout?: number;
  /** An answer has no end mark: it is complete when nothing more came for so long, in ms; default 250. */
  readonly quiet?: number;
  /** Reads once, as tills do that call `recv` a single time: an answer in pieces is then `cut`. */
  readonly singleRead?: boolean;
  /** Ends its direction (FIN) behind the request. */
  readonly endAfterRequest?: boolean;
  /** Abandons the payment: `pay` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a payment ended for the till. */
export type PaymentOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "taken-into-account" }
  /** `reason` is Caisse-AP's AF: two digits, or empty. */
  | { readonly kind: "declined"; readonly reason: string }
  /** No byte came: the connection was refused, reset, or could not be made. `code` as in `ECONNREFUSED`. */
  | { readonly kind: "refused"; readonly code: string }
  /** The connection ended in order, without a byte. */
  | { readonly kind: "empty" }
  | { readonly kind: "timeout" }
  /** A part of an answer came; then `end` (FIN), an error's code, or no second look (`single-read`). */
  | { readonly kind: "cut"; readonly by: string }
  /** What came is no answer of Caisse-AP. */
  | { readonly kind: "unreadable" };

/** `duration`: from the call to the answer's last byte, or to the end of the matter, in ms. `bytes`: received. */
export type PaymentResult = PaymentOutcome & { readonly duration: number; readonly bytes: number };

/** Pays. Resolves with every outcome; rejects for the signal only, and for an amount that cannot be (`RangeError`). */
export function pay(options: PaymentOptions): Promise<PaymentResult> {
  const { amountCents, till = 1, signal } = options;
  const request = printMessage(paymentRequest({ amountCents, till }));
  return signal?.aborted ? Promise.reject(signal.reason as Error) : new Payment(options, request).result;
}

/** One connection of the till. Its first end settles it; whatever the socket says later changes nothing. */
class Payment {
  readonly #options: PaymentOptions;
  readonly #socket: Socket;
  readonly #settled = Promise.withResolvers<PaymentResult>();
  readonly #timeout: NodeJS.Timeout;
  readonly #started = performance.now();
  readonly #abort = (): void => this.#abandon();
  #quiet: NodeJS.Timeout | undefined;
  #reading: Reading = NOTHING_READ;
  #bytes = 0;
  #lastByte: number | undefined;

  constructor(options: PaymentOptions, request: Buffer) {
    this.#options = options;
    const { host, port, localAddress, endAfterRequest = false, timeout = 180_000 } = options;
    this.#socket = connect({ host, port, noDelay: true, allowHalfOpen: true, ...(localAddress && { localAddress }) });
    this.#socket.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#failed(error.code ?? error.message));
    this.#timeout = setTimeout(() => this.#settle({ kind: "timeout" }), timeout);
    options.signal?.addEventListener("abort", this.#abort, { once: true });
    if (endAfterRequest) this.#socket.end(request);
    else this.#socket.write(request);
  }

  get result(): Promise<PaymentResult> {
    return this.#settled.promise;
  }

  #hear(chunk: Buffer): void {
    clearTimeout(this.#quiet);
    this.#bytes += chunk.length;
    this.#lastByte = performance.now();
    this.#reading = readMore(this.#reading, chunk, ANSWER_LIMIT);
    if (this.#reading.unreadable) this.#settle({ kind: "unreadable" });
    else if (this.#options.singleRead) this.#settle(this.#verdict("single-read"));
    else if (this.#isWhole()) {
      this.#quiet = setTimeout(() => this.#settle(this.#verdict("end")), this.#options.quiet ?? 250);
    }
  }

  #ended(): void {
    this.#settle(this.#bytes === 0 ? { kind: "empty" } : this.#verdict("end"));
  }

  #failed(code: string): void {
    this.#settle(this.#bytes === 0 ? { kind: "refused", code } : this.#verdict(code));
  }

  #verdict(cutBy: string): PaymentOutcome {
    if (!this.#isWhole()) return { kind: "cut", by: cutBy };
    const verdict = verdictOf(this.#reading.fields);
    if (verdict.kind === "done") return { kind: "accepted" };
    if (verdict.kind === "not-done") return { kind: "declined", reason: verdict.reason };
    return verdict.kind === "unknown" ? { kind: "unreadable" } : verdict;
  }

  /** An answer needs its outcome (AE), and a last field that is whole. */
  #isWhole(): boolean {
    return this.#reading.rest === "" && this.#reading.fields.some((field) => field.tag === "AE");
  }

  #settle(outcome: PaymentOutcome): void {
    const answered = ["accepted", "declined", "taken-into-account"].includes(outcome.kind);
    const end = answered ? this.#lastByte : undefined;
    this.#release();
    this.#settled.resolve({ ...outcome, duration: (end ?? performance.now()) - this.#started, bytes: this.#bytes });
  }

  #abandon(): void {
    this.#release();
    this.#settled.reject(this.#options.signal?.reason);
  }

  #release(): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#quiet);
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#socket.destroy();
  }
}
