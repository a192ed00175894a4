/**
 * What two processes of one gateway tell each other of the sessions that stay in the older one while the newer one has
 * the doors: plain data, the same before and after JSON.
 *
 * The newer one decides about them, as about its own: who keeps a place at a terminal, who has lost the right to be
 * inside. The older one carries their bytes, does as it is told, and reports. Numbers name sessions within one such pair.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { OnRevoke } from "../inventory/model.ts";
import type { Applied, OpenSession, Outcome, Refusal, SessionRecord } from "./records.ts";

/** A session, as it is when the doors change hands. */
export interface HandedSession {
  readonly id: number;
  readonly facts: OpenSession;
  /** The balancer that named its source; absent: it came itself. */
  readonly balancer?: Ipv4;
  /** Whether it has a place at its terminal; one that has left the line, and whose terminal has closed, has none. */
  readonly place: "held" | "wanted" | "left";
  /** One of its directions has ended. */
  readonly closing: boolean;
  /** What the rule it is inside by said, should the new policy not have its door any more. */
  readonly onRevoke: OnRevoke;
}

/** To the process that carries a session. */
export type SessionOrder =
  | { readonly what: "seat"; readonly id: number }
  | { readonly what: "turn-away"; readonly id: number }
  | {
      readonly what: "revoke";
      readonly id: number;
      readonly outcome: "revoked" | "expired";
      readonly rule: OnRevoke;
    }
  | { readonly what: "confirm"; readonly id: number }
  | { readonly what: "cut"; readonly id: number; readonly outcome: Outcome }
  /** Report all sessions' facts. */
  | { readonly what: "tell" };

/** From the process that carries it. */
export type SessionReport =
  /** One that entered there since: its doors are open until they are open here. */
  | { readonly what: "came"; readonly session: HandedSession }
  | { readonly what: "refused"; readonly refusal: Refusal }
  | { readonly what: "closing"; readonly id: number }
  /** The terminal has no more of it: its place is free. */
  | { readonly what: "vacated"; readonly id: number }
  | { readonly what: "over"; readonly id: number; readonly record: SessionRecord }
  | { readonly what: "facts"; readonly sessions: readonly { readonly id: number; readonly facts: OpenSession }[] };

/** The older process's end: what becomes of its sessions is decided elsewhere. */
export interface HandedOver {
  readonly sessions: readonly HandedSession[];
  /** The doors are open elsewhere: closes them here. The sessions left may take at most the drain limit. */
  readonly close: () => void;
  readonly obey: (order: SessionOrder) => void;
  /** Resolves when none is left, with how many were cut at the drain limit. */
  readonly finished: Promise<{ readonly cut: number }>;
  /** Nobody decides elsewhere any more: judges those inside itself again, by the last policy it had. */
  readonly alone: () => void;
  /** The other process never took up its work: as if nothing had been handed over. Not after `close`. */
  readonly resume: () => void;
}

/** The newer process's end. */
export interface TakenOver {
  /** Resolves once its doors are open. */
  readonly opened: Promise<Applied>;
  readonly reported: (report: SessionReport) => void;
  /** How many are left. */
  readonly size: number;
  /** Asks how far they are; resolves when that is known, or was not told in time. */
  readonly refresh: () => Promise<void>;
  /** The process that carried them has gone, and they with it. */
  readonly lost: () => void;
}
