/**
 * The running process, as the new one sees it: it gives settings, then its sessions, and goes when they have ended.
 */
import type { SessionOrder, SessionReport } from "../engine/handover.ts";
import { EcluseError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { type FromSuccessor, MARK, PROTOCOL, type Settings, type ToSuccessor, type Yours } from "./messages.ts";

export interface Commission {
  readonly settings: Settings;
  readonly lock: number;
  readonly author: string;
}

export class Predecessor {
  readonly pid = process.ppid;
  readonly #commission = Promise.withResolvers<Commission>();
  readonly #yours = Promise.withResolvers<Yours>();
  /** Those that came before anybody heard them. */
  readonly #early: SessionReport[] = [];
  #reported: (report: SessionReport) => void = (report) => void this.#early.push(report);
  #gone: () => void = () => undefined;
  #failed = false;

  constructor() {
    process.on("message", (message) => this.#hear(message as ToSuccessor));
    process.once("disconnect", () => this.#disconnected());
    // Awaited only by whoever gets that far.
    this.#commission.promise.catch(() => undefined);
    this.#yours.promise.catch(() => undefined);
    this.#send({ what: "hello", protocol: PROTOCOL, version: VERSION });
  }

  /** Rejects with `not-taken-over` where the running process has gone. */
  get commission(): Promise<Commission> {
    return this.#commission.promise;
  }

  /** Says that every door listens; resolves with what the running process leaves it. */
  ready(): Promise<Yours> {
    this.#send({ what: "ready" });
    return this.#yours.promise;
  }

  /** Hears reports from now on, and `gone` when the other process has ended. */
  follow({ reported, gone }: { readonly reported: (report: SessionReport) => void; readonly gone: () => void }): void {
    this.#reported = reported;
    this.#gone = gone;
    for (const report of this.#early) reported(report);
    if (!process.connected) gone();
  }

  /** Lets the other process go. */
  serving(): void {
    this.#send({ what: "serving" });
    // The sessions over there keep this process only as long as its own doors do.
    process.channel?.unref();
  }

  /** From now on this process gives no orders: what it still does is give up. */
  giveUp(): void {
    this.#failed = true;
  }

  failed({ message, hint }: { readonly message: string; readonly hint: string }): void {
    this.#send({ what: "failed", message, hint });
  }

  /** Nothing once this process has failed: the sessions over there are the other one's to decide about again. */
  order(order: SessionOrder): void {
    if (!this.#failed) this.#send({ what: "order", order });
  }

  #hear(message: ToSuccessor): void {
    if (message.what === "settings") this.#commission.resolve(message);
    else if (message.what === "yours") this.#yours.resolve(message);
    else this.#reported(message.report);
  }

  #disconnected(): void {
    const error = new EcluseError("not-taken-over", "Cannot take over: the running process has gone", {
      hint: "start the gateway again",
    });
    this.#commission.reject(error);
    this.#yours.reject(error);
    this.#gone();
  }

  #send(message: FromSuccessor): void {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  }
}

/** The process to take over from, where this one was started for that; else `undefined`. */
export function predecessor(env: NodeJS.ProcessEnv): Predecessor | undefined {
  if (env[MARK] === undefined || process.send === undefined) return undefined;
  // Not for the programs that this one starts in turn.
  Reflect.deleteProperty(env, MARK);
  return new Predecessor();
}
