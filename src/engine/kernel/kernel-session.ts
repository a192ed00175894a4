/**
 * A session of which the kernel carries the bytes: what conntrack tells of it, from its first packet to its outcome.
 *
 * It has ended when both directions have, or one was reset: conntrack keeps the entry up to two minutes longer.
 */
import type { Endpoint } from "../../inventory/model.ts";
import type { Permit } from "../../policy/gate.ts";
import { type Door, endpointKey } from "../../policy/policy.ts";
import type { InsideSession, Outcome, Party, SessionRecord } from "../records.ts";
import type { ConntrackEntry } from "./conntrack/conntrack-entry.ts";
import { NOT_COUNTED, counted } from "./conntrack/last-counts.ts";
import { MARKS } from "./table/marks.ts";

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

export class KernelSession {
  readonly id: number;
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
    return keyOf(this.entry.target);
  }

  /** Whether the terminal has taken it. */
  get isAnswered(): boolean {
    return this.entry.state !== "SYN_SENT";
  }

  get isOver(): boolean {
    return isOver(this.entry);
  }

  hear(entry: ConntrackEntry): void {
    const { bytes = this.entry.bytes, at } = entry;
    const wasRefused = entry.state === "CLOSE" && !this.#hasAnswered;
    this.entry = bytes === entry.bytes ? entry : { ...entry, bytes };
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

  /** Once it is over. */
  record(now: number): SessionRecord {
    const record = { ...this.#facts(now), ...UNCOUNTED, ...(this.ending ?? this.#seenEnding()) };
    const { what, bytes } = this.entry;
    // What was listed while it was open is not what it has become since.
    const isLast = what === "DESTROY" || (what === "listed" && this.isOver);
    return bytes !== undefined && isLast ? counted(record, bytes) : record;
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
    const first = sideOf(mark, MARKS.clientEnded, MARKS.targetEnded);
    const resetBy = sideOf(mark, MARKS.clientReset, MARKS.targetReset) ?? first;
    if (state === "CLOSE" && resetBy !== undefined) return { outcome: "reset", by: resetBy };
    if ((state === "TIME_WAIT" || state === "LAST_ACK") && first !== undefined) return { outcome: "closed", by: first };
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

/** Whether nothing more can come of the session that it speaks of. */
export function isOver({ state, what, mark }: ConntrackEntry): boolean {
  if (what === "DESTROY" || state === "TIME_WAIT" || state === "CLOSE") return true;
  return state === "LAST_ACK" && (mark & MARKS.bothEnded) !== 0;
}

const UNCOUNTED = { bytesToTarget: 0, bytesToClient: 0, cause: NOT_COUNTED } as const;

function keyOf({ address, port }: Endpoint): number {
  return endpointKey(address, port);
}

function sideOf(mark: number, client: number, target: number): Party | undefined {
  if ((mark & client) !== 0) return "client";
  return (mark & target) !== 0 ? "target" : undefined;
}
