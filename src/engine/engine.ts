/**
 * The interface of an engine: what carries bytes for a policy.
 *
 * An engine starts empty and is told a policy; `apply` is the only way in, at start as in every later change. It judges
 * everyone who comes, and everyone inside again whenever the rules or the hour change. Who watches it gets events:
 * how each session ended, who was refused, which door could not be opened. Never a payload byte.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { Denial } from "../policy/decide.ts";
import type { Policy } from "../policy/policy.ts";
import type { HandedOver, HandedSession, SessionOrder, SessionReport, TakenOver } from "./handover.ts";

export interface Engine {
  /**
   * Opens the policy's new doors, judges every session again, then closes the doors that are gone. Applications are
   * carried out one after another. Resolves once every door is open or known to be blocked; never rejects for a door.
   */
  apply(policy: Policy): Promise<Applied>;
  /**
   * Closes every door and waits for the sessions inside, at most `limit` milliseconds; those left are reset with
   * the outcome `drained`. Resolves with how many were cut. Calling it again with a shorter limit shortens the wait.
   */
  drain(limit: number): Promise<{ readonly cut: number }>;
  /** How many sessions are open now, from accept to outcome. */
  readonly sessions: number;
  /** Those sessions, oldest first. */
  readonly openSessions: readonly OpenSession[];
  /** The doors that could not be opened yet. */
  readonly blocked: readonly BlockedDoor[];
  /** Lets another process of this gateway decide from here on about those inside, and about those who still enter here. */
  handOver(report: (report: SessionReport) => void): HandedOver;
  /** Ends standing by: decides about the sessions that another process carries, as about its own, and opens the doors. */
  takeOver(sessions: readonly HandedSession[], order: (order: SessionOrder) => void): TakenOver;
}

/** Listening sockets that the process was given at its start, by `endpointKey`; `fd` is the open descriptor. */
export type Inherited = ReadonlyMap<number, { readonly endpoint: Endpoint; readonly fd: number }>;

export interface Applied {
  readonly open: number;
  readonly blocked: readonly BlockedDoor[];
}

/** A door that cannot be opened for now; the engine keeps trying. */
export interface BlockedDoor {
  readonly flow: string;
  readonly endpoint: Endpoint;
  /** The system's error code: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`. */
  readonly cause: string;
}

/** How a session ended. Closed: every engine and every reader knows exactly these. */
export const OUTCOMES = [
  "closed",
  "reset",
  "denied",
  "busy",
  "dial-failed",
  "idle",
  "stalled",
  "half-closed",
  "revoked",
  "expired",
  "drained",
  "bad-proxy-header",
  "overload",
  "unknown",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Who ended a session: the first to close or reset, or the gateway by its own rules. */
export type Party = "client" | "target" | "gateway";

export interface SessionRecord {
  readonly flow: string;
  readonly endpoint: Endpoint;
  readonly source: Ipv4;
  readonly target: Endpoint;
  /** The source name of the grant that let it in. */
  readonly rule: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds, by a monotonic clock. */
  readonly duration: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  readonly outcome: Outcome;
  readonly by: Party;
  /** The system's error code, or the limit that was met: `ECONNREFUSED`, `connect`, `descriptors`. */
  readonly cause?: string;
}

/** A session that is open now; bytes and duration so far. */
export interface OpenSession extends Omit<SessionRecord, "outcome" | "by" | "cause"> {
  /** `waiting` for a place at the terminal, `dialling`, `open`. */
  readonly phase: "waiting" | "dialling" | "open";
  /** Its right has gone, and it may finish until the drain time is over. */
  readonly leaving: boolean;
}

/** One refused connection: denied by the policy, no room, or a balancer that named nobody. It cost no dial. */
export interface Refusal {
  /** Absent where the policy has no such door any more. */
  readonly flow: string | undefined;
  readonly endpoint: Endpoint;
  /** Absent where the peer had no IPv4 address, or none any more. */
  readonly source: Ipv4 | undefined;
  /** With `bad-proxy-header`, and where a balancer is denied, the source is the balancer. */
  readonly outcome: "denied" | "busy" | "overload" | "bad-proxy-header";
  readonly reason: Denial["reason"] | RoomReason | HeaderProblem;
}

/**
 * Why a balancer's PROXY header names nobody. `malformed`: not by the specification, or too long. `checksum`: its CRC32c
 * is wrong. `not-ipv4`: it speaks of no TCP over IPv4. `unusable-source`: no connection can come from there.
 * `incomplete`: it was not whole in time, or before the balancer left.
 */
export type HeaderProblem = "malformed" | "checksum" | "not-ipv4" | "unusable-source" | "incomplete";

/** Which limit left no room: of the terminal, of the source, of the gateway, of the process. */
export type RoomReason = "terminal" | "source" | "sessions" | "descriptors";

/** Called synchronously; must not throw. */
export interface EngineEvents {
  readonly ended: (session: SessionRecord) => void;
  readonly refused: (refusal: Refusal) => void;
  readonly blocked: (door: BlockedDoor) => void;
  readonly unblocked: (door: BlockedDoor) => void;
  /** A socket that the process was given belongs to no door; it was closed. */
  readonly unclaimed: (endpoint: Endpoint) => void;
}

/** What an engine is given instead of the machine's own clocks. */
export interface Clock {
  /** Milliseconds that only go forward; for durations and timeouts. */
  readonly monotonic: () => number;
  /** Milliseconds since the epoch; for instants that people wrote down. */
  readonly wall: () => number;
  /** Calls back every `period` milliseconds until the returned function is called; does not keep the process alive. */
  readonly every: (period: number, callback: () => void) => () => void;
}
