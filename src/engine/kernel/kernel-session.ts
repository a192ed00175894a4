/**
 * A session of which the kernel carries the bytes: what conntrack tells of it, from its first packet to its outcome.
 *
 * It has ended when both directions have, or one was reset: conntrack keeps the entry two minutes longer.
 */
import type { Permit } from "../../policy/gate.ts";
import { type Door, endpointKey } from "../../policy/policy.ts";
import type { InsideSession, Outcome, Party, SessionRecord } from "../records.ts";
import type { ConntrackEntry } from "./conntrack-entry.ts";
import { MARKS } from "./marks.ts";

/** By which door and which grant it is inside. */
export interface KernelRight {
  readonly door: Door;
  /** Absent: it entered by rules that were gone when this was asked. */
  readonly permit: Permit | undefined;
}

export interface Ending {
  readonly outcome: Outcome;
  readonly by: Party;
  readonly cause?: string;
}

/** The host does not count bytes: net.netfilter.nf_conntrack_acct is off. */
export const NOT_COUNTED = "bytes-not-counted";

export class KernelSession {
  readonly id: string;
  /** Tells it from every other in this process. */
  readonly number: number;
  right: KernelRight;
  /** The last that was heard of it. */
  entry: ConntrackEntry;
  readonly startedAt: number;
  readonly #began: number;
  #dial: number | undefined;
  /** When it is cut, on the monotonic clock. */
  deadline: { readonly at: number; readonly outcome: "revoked" | "expired" } | undefined;
  /** What the gateway did to it: stands above what the kernel sees of that. */
  ending: Ending | undefined;
  /** Whether the kernel's count of its terminal's places knows of it. */
  isCounted = true;

  constructor(
    entry: ConntrackEntry,
    { right, number }: { readonly right: KernelRight; readonly number: number },
    now: Instants,
  ) {
    this.id = entry.id;
    this.number = number;
    this.right = right;
    this.entry = entry;
    this.startedAt = entry.at ?? now.wall;
    this.#began = now.monotonic - Math.max(0, now.wall - this.startedAt);
    // One from before is as old as it is known.
    if (entry.what === "listed" && this.isAnswered) this.#dial = 0;
  }

  get targetKey(): number {
    const { target } = this.entry;
    return endpointKey(target.address, target.port);
  }

  /** Whether the terminal has taken it. */
  get isAnswered(): boolean {
    return this.entry.state !== "SYN_SENT";
  }

  get isOver(): boolean {
    const { state, what } = this.entry;
    return what === "DESTROY" || state === "TIME_WAIT" || state === "CLOSE";
  }

  hear(entry: ConntrackEntry): void {
    const { bytes = this.entry.bytes, at } = entry;
    const wasRefused = entry.state === "CLOSE" && !this.#hasAnswered;
    this.entry = { ...entry, ...(bytes === undefined ? {} : { bytes }) };
    if (!wasRefused && this.isAnswered && at !== undefined) this.#dial ??= at - this.startedAt;
  }

  get #hasAnswered(): boolean {
    return this.#dial !== undefined;
  }

  /** It may be inside, by this right. */
  confirm(right: KernelRight): void {
    this.right = right;
    this.deadline = undefined;
  }

  snapshot(now: number): InsideSession {
    return {
      ...this.#facts(now),
      session: this.number,
      phase: this.#hasAnswered ? "open" : "dialling",
      leaving: this.deadline !== undefined,
    };
  }

  record(now: number): SessionRecord {
    const ending = this.ending ?? this.#seenEnding();
    const cause = ending.cause ?? (this.entry.bytes === undefined ? NOT_COUNTED : undefined);
    return { ...this.#facts(now), ...ending, ...(cause === undefined ? {} : { cause }) };
  }

  /** What conntrack cannot tell is `unknown`: an entry that is gone without its end having been seen. */
  #seenEnding(): Ending {
    const { state, mark, what, deleted } = this.entry;
    if (!this.#hasAnswered) {
      if (state !== "CLOSE") return { outcome: "dial-failed", by: "gateway", cause: "connect" };
      return (mark & MARKS.clientReset) !== 0
        ? { outcome: "reset", by: "client" }
        : { outcome: "dial-failed", by: "target", cause: "ECONNREFUSED" };
    }
    const by = firstBy(mark);
    if (state === "CLOSE" && by !== undefined) return { outcome: "reset", by };
    if ((state === "TIME_WAIT" || state === "LAST_ACK") && by !== undefined) return { outcome: "closed", by };
    // Its time ran out; whoever deletes what is not theirs does not say why.
    if (what === "DESTROY" && !deleted) return { outcome: "idle", by: "gateway" };
    return { outcome: "unknown", by: "gateway" };
  }

  #facts(now: number): Omit<SessionRecord, "outcome" | "by" | "cause"> {
    const { source, bytes } = this.entry;
    return {
      flow: this.right.door.flow.id,
      endpoint: this.entry.endpoint,
      source: source.address,
      target: this.entry.target,
      rule: this.right.permit?.grant.source ?? "unknown",
      startedAt: Math.round(this.startedAt),
      duration: now - this.#began,
      ...(this.#dial === undefined ? {} : { dial: this.#dial }),
      bytesToTarget: bytes?.toTarget ?? 0,
      bytesToClient: bytes?.toClient ?? 0,
    };
  }
}

export interface Instants {
  readonly wall: number;
  readonly monotonic: number;
}

function firstBy(mark: number): Party | undefined {
  if ((mark & (MARKS.clientEnded | MARKS.clientReset)) !== 0) return "client";
  return (mark & (MARKS.targetEnded | MARKS.targetReset)) !== 0 ? "target" : undefined;
}
