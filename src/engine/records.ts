/** What an engine has to say of doors, sessions and those it refused: plain data. Never a payload byte. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { Denial } from "../policy/decide.ts";

export interface Applied {
  readonly open: number;
  readonly blocked: readonly BlockedDoor[];
}

/** A door that cannot be opened for now; the engine keeps trying. */
export interface BlockedDoor {
  readonly flow: string;
  readonly endpoint: Endpoint;
  /** The system's error code: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`; or `table-left-over`. */
  readonly cause: string;
}

/** The cause of a relay's door that a table of the kernel engine stands before: it listens, and nobody comes. */
export const BEHIND_TABLE = "table-left-over";

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
  /** Milliseconds that the target took to accept; absent: it did not. */
  readonly dial?: number;
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

/** The same, as the process that decides about it knows it. */
export interface InsideSession extends OpenSession {
  /** Tells it from every other in this process: 1, 2, ...; 0: it was turned away as it came, and never began. */
  readonly session: number;
}

/** One look at a terminal: whether it can be reached, and whether it answers where it was asked something. */
export interface Probed {
  /**
   * `reached`: it took the connection. `answered`: what it was asked, too. `mute`: it took the connection and did not
   * answer. `failed`: no connection came about. `busy`: somebody is inside or waits, so nothing was tried. `gave-way`:
   * somebody came meanwhile.
   */
  readonly outcome: "reached" | "answered" | "mute" | "failed" | "busy" | "gave-way";
  /** Milliseconds, by a monotonic clock. */
  readonly duration: number;
  /** The system's error code, or the limit that was met: `ECONNREFUSED`, `connect`. */
  readonly cause?: string;
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
  /** `shielded`: the kernel denied it, and the engine never heard of it. */
  readonly reason: Denial["reason"] | RoomReason | HeaderProblem | "shielded";
}

/** Which limit left no room: of the terminal, of the source, of the gateway, of the process. */
export type RoomReason = "terminal" | "source" | "sessions" | "descriptors";

/**
 * Why a balancer's PROXY header names nobody. `malformed`: not by the specification, or too long. `checksum`: its CRC32c
 * is wrong. `not-ipv4`: it speaks of no TCP over IPv4. `unusable-source`: no connection can come from there.
 * `incomplete`: it was not whole in time, or before the balancer left.
 */
export type HeaderProblem = "malformed" | "checksum" | "not-ipv4" | "unusable-source" | "incomplete";
