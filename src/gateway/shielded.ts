/** What the shield tells, in the words of the log and of the counters. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { GatewayEvent } from "../observe/events.ts";
import type { Addable } from "../observe/refusals.ts";
import { type Policy, endpointKey } from "../policy/policy.ts";
import type { Refused } from "../shield/refused.ts";
import type { ShieldCondition } from "../shield/shield.ts";

const SHIELDED = { outcome: "denied", reason: "shielded" } as const;

/** `policy`: whose doors they knocked at. */
export function shieldedRefusals({ from, count }: Refused, policy: Policy | undefined): Addable & typeof SHIELDED {
  return { flow: flowAt(from?.endpoint, policy), source: from?.source, ...SHIELDED, count };
}

/** A door on 0.0.0.0 is one on every address. */
function flowAt(endpoint: Endpoint | undefined, policy: Policy | undefined): string | undefined {
  if (endpoint === undefined) return undefined;
  const keys = [endpoint.address, 0 as Ipv4].map((address) => endpointKey(address, endpoint.port));
  return keys.map((key) => policy?.doors.get(key)?.flow.id).find((id) => id !== undefined);
}

export function shieldEvent(condition: ShieldCondition): GatewayEvent {
  if ("message" in condition) return { event: "shield", ...condition };
  const answer = condition.state === "up" ? `; strangers get ${WORDS[condition.answer]} from the kernel` : "";
  return { event: "shield", state: condition.state, message: `The shield is ${condition.state}${answer}` };
}

const WORDS = { reset: "RST", drop: "no answer" } as const;
