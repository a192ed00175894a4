/** The decision: may this source enter this door now? Pure; a value that carries its rule or its reason. */
import type { Ipv4 } from "@ecluse/guard/address";
import { type Permit, permitsFor } from "./gate.ts";
import { type Flow, type Policy, endpointKey } from "./policy.ts";

export type Verdict = Permit | Denial;

export interface Denial {
  readonly permit: false;
  /**
   * `no-door`: the policy has no such endpoint. `no-address`: the peer has no IPv4 address. `not-listed`: no grant
   * names the source. `expired`: a grant names it, and has ended. `closed`: an operator has closed or drains the flow.
   */
  readonly reason: "no-door" | "no-address" | "not-listed" | "expired" | "closed";
}

const NO_DOOR: Denial = { permit: false, reason: "no-door" };
const NO_ADDRESS: Denial = { permit: false, reason: "no-address" };
const NOT_LISTED: Denial = { permit: false, reason: "not-listed" };
const EXPIRED: Denial = { permit: false, reason: "expired" };
const CLOSED: Denial = { permit: false, reason: "closed" };

/**
 * Judges a source at an endpoint. `now` is in milliseconds since the epoch; a grant holds strictly before its `until`.
 * Where several grants name the source, the first one written that still holds is the rule.
 */
export function decide(
  policy: Policy,
  endpoint: { readonly address: Ipv4; readonly port: number },
  source: Ipv4 | undefined,
  now: number,
): Verdict {
  const door = policy.doors.get(endpointKey(endpoint.address, endpoint.port));
  return door === undefined ? NO_DOOR : judge(door.flow, source, now);
}

/** The same for a flow already found. */
export function judge(flow: Flow, source: Ipv4 | undefined, now: number): Verdict {
  return flow.kind === "relayed" && flow.standing !== undefined ? CLOSED : judgeRight(flow, source, now);
}

/** Judges somebody who is inside already: a flow that drains lets them finish. */
export function judgeInside(flow: Flow, source: Ipv4, now: number): Verdict {
  return flow.kind === "relayed" && flow.standing === "closed" ? CLOSED : judgeRight(flow, source, now);
}

function judgeRight(flow: Flow, source: Ipv4 | undefined, now: number): Verdict {
  if (source === undefined) return NO_ADDRESS;
  const permits = permitsFor(flow.gate, source);
  for (const permit of permits) {
    if (permit.grant.until === undefined || now < permit.grant.until) return permit;
  }
  return permits.length === 0 ? NOT_LISTED : EXPIRED;
}
