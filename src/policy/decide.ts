/** The decision: may this source enter this door now? Pure; a value that carries its rule or its reason. */
import { type Ipv4, contains } from "@ecluse/guard/address";
import { type Permit, permitsFor } from "./gate.ts";
import { type Flow, type Policy, type RelayedFlow, endpointKey } from "./policy.ts";

export type Verdict = Permit | Denial;

export interface Denial {
  readonly permit: false;
  /**
   * `no-door`: the policy has no such endpoint. `no-address`: the peer has no IPv4 address. `not-listed`: no grant
   * names the source. `expired`: a grant names it, and has ended. `closed`: an operator has closed or drains the flow.
   * `not-a-balancer`: the flow is entered through its balancers, and this is none of them.
   */
  readonly reason: "no-door" | "no-address" | "not-listed" | "expired" | "closed" | "not-a-balancer";
}

const NO_DOOR: Denial = { permit: false, reason: "no-door" };
const NO_ADDRESS: Denial = { permit: false, reason: "no-address" };
const NOT_LISTED: Denial = { permit: false, reason: "not-listed" };
const EXPIRED: Denial = { permit: false, reason: "expired" };
const CLOSED: Denial = { permit: false, reason: "closed" };
const NOT_A_BALANCER: Denial = { permit: false, reason: "not-a-balancer" };

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

/** Judges a connection that is to say first who comes. Absent answer: it may. */
export function judgeBalancer(flow: RelayedFlow, balancer: Ipv4): Denial | undefined {
  return flow.standing === undefined ? judgeWay(flow, balancer) : CLOSED;
}

/**
 * Judges the way somebody comes by, before or besides the right to enter: through one of the flow's balancers where it
 * has any, else through none. `balancer` is the address that speaks for somebody else; absent: nobody does. Absent
 * answer: that way is open.
 */
export function judgeWay({ acceptProxy }: RelayedFlow, balancer: Ipv4 | undefined): Denial | undefined {
  if (acceptProxy === undefined && balancer === undefined) return undefined;
  // A handful of addresses: not worth a gate.
  const known = acceptProxy?.some(({ networks }) =>
    networks.some((network) => balancer !== undefined && contains(network, balancer)),
  );
  return known === true ? undefined : NOT_A_BALANCER;
}

function judgeRight(flow: Flow, source: Ipv4 | undefined, now: number): Verdict {
  if (source === undefined) return NO_ADDRESS;
  const permits = permitsFor(flow.gate, source);
  for (const permit of permits) {
    if (permit.grant.until === undefined || now < permit.grant.until) return permit;
  }
  return permits.length === 0 ? NOT_LISTED : EXPIRED;
}
