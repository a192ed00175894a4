/**
 * The interface of an engine: what carries bytes for a policy.
 *
 * An engine starts empty and is told a policy; `apply` is the only way in, at start as in every later change. It judges
 * everyone who comes, and everyone inside again whenever the rules or the hour change. Who watches it gets events:
 * how each session ended, who was refused, which door could not be opened. Never a payload byte.
 */
import type { Endpoint } from "../inventory/model.ts";
import type { Policy, RelayedFlow } from "../policy/policy.ts";
import type { HandedOver, HandedSession, SessionOrder, SessionReport, TakenOver } from "./handover.ts";
import type { Applied, BlockedDoor, InsideSession, Probed, Refusal, SessionRecord } from "./records.ts";

export interface Engine {
  /**
   * Opens the policy's new doors, judges every session again, then closes the doors that are gone. Applications are
   * carried out one after another. Resolves once every door is open or known to be blocked; never rejects for a door.
   */
  apply(policy: Policy): Promise<Applied>;
  /**
   * Works out what `apply` of this policy would need, and throws it away: what has run before takes a fraction of the time when
   * sessions wait for it. Absent: there is next to nothing to work out.
   */
  rehearse?(policy: Policy): void;
  /**
   * Closes every door and waits for the sessions inside, at most `limit` milliseconds; those left are reset with
   * the outcome `drained`. Resolves with how many were cut. Calling it again with a shorter limit shortens the wait.
   */
  drain(limit: number): Promise<{ readonly cut: number }>;
  /** How many sessions are open now, from accept to outcome. */
  readonly sessions: number;
  /** Those sessions, oldest first. */
  readonly openSessions: readonly InsideSession[];
  /** The doors that could not be opened yet. */
  readonly blocked: readonly BlockedDoor[];
  /**
   * Looks whether a terminal can be reached: connects, asks the question where there is one, and leaves. Never beside a
   * session at that terminal: it holds the place meanwhile and leaves at once where somebody comes.
   */
  probe(flow: RelayedFlow, question?: ProbeQuestion): Promise<Probed>;
  /** Lets another process of this gateway decide from here on about those inside, and about those who still enter here. */
  handOver(report: (report: SessionReport) => void): HandedOver;
  /** Ends standing by: decides about the sessions that another process carries, as about its own, and opens the doors. */
  takeOver(sessions: readonly HandedSession[], order: (order: SessionOrder) => void): TakenOver;
}

/** What a terminal is asked by a probe. */
export interface ProbeQuestion {
  readonly bytes: Uint8Array;
  /** Whether what it said so far is its whole answer. The bytes are not kept. */
  readonly isAnswer: (said: Uint8Array) => boolean;
}

/** Listening sockets that the process was given at its start, by `endpointKey`; `fd` is the open descriptor. */
export type Inherited = ReadonlyMap<number, { readonly endpoint: Endpoint; readonly fd: number }>;

/** Called synchronously; must not throw. */
export interface EngineEvents {
  /** Somebody was let in, or waits in line; or another process's session is governed here from now on. */
  readonly began: (session: InsideSession) => void;
  /** `session`: its number. */
  readonly ended: (record: SessionRecord, session: number) => void;
  /** One who had begun to wait left without a place. It was refused, too. */
  readonly leftLine: (record: SessionRecord, session: number) => void;
  /** `count`: how many of the same; default one. */
  readonly refused: (refusal: Refusal, count?: number) => void;
  readonly blocked: (door: BlockedDoor) => void;
  readonly unblocked: (door: BlockedDoor) => void;
  /** A socket that the process was given belongs to no door; it was closed. */
  readonly unclaimed: (endpoint: Endpoint) => void;
  /** What the engine keeps in the kernel was found to be otherwise than it had told: what, in words. It is told anew. */
  readonly altered: (found: readonly string[]) => void;
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
