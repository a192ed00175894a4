/**
 * A session, as the relay governs it: whether its bytes pass through this process or through the one before it.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { OnRevoke } from "../../inventory/model.ts";
import type { Permit } from "../../policy/gate.ts";
import type { Door } from "../../policy/policy.ts";
import type { OpenSession, Outcome } from "../records.ts";
import type { Occupant } from "./slots.ts";

/** What somebody is inside by. A new policy may replace it. */
export interface Right {
  readonly door: Door;
  readonly permit: Permit;
}

export interface GovernedSession extends Occupant {
  readonly source: Ipv4;
  /** The balancer that named the source; absent: it came itself. */
  readonly balancer: Ipv4 | undefined;
  readonly right: Right;
  /** The place it takes is its target's. */
  readonly targetKey: number;
  readonly place: Place;
  /** It found no place, and is on its way out. */
  readonly isTurnedAway: boolean;
  /**
   * Its right has gone: ends it by the flow's rule. `drain` leaves it the drain time, unless it still waits for a
   * place, for nothing new enters.
   */
  readonly revoke: (outcome: "revoked" | "expired", rule: OnRevoke) => void;
  /** Its right has come back, or another was found. */
  readonly confirm: (right: Right) => void;
  /** Ends it now, by the gateway's own rule: RST to both. */
  readonly cut: (outcome: Outcome, cause?: string) => void;
  /** Called a few times a second: ends what has run out of time. `now` is the monotonic clock's. */
  readonly sweep: (now: number) => void;
  /** As it is now. */
  readonly snapshot: () => OpenSession;
}

/** At its terminal: not yet, now, or no more. */
export type Place = "wanted" | "held" | "left";
