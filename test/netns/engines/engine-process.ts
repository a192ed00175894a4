/**
 * An engine in a process of its own: node engine-process.ts relay|kernel SETTINGS [PACE]. Where a pace is given, its clock
 * goes so many times as fast. It is told and asked a line (JSON) at a
 * time, and answers each with a line.
 */
import { createInterface } from "node:readline";
import type { Clock, Engine, EngineEvents } from "../../../src/engine/engine.ts";
import { Kernel } from "../../../src/engine/kernel/kernel.ts";
import type { KernelSettings } from "../../../src/engine/kernel/settings.ts";
import type { Applied, BlockedDoor, OpenSession, Probed, Refusal, SessionRecord } from "../../../src/engine/records.ts";
import { Relay } from "../../../src/engine/relay/relay.ts";
import type { Limits } from "../../../src/inventory/model.ts";
import { type FlowSpec, policyOf, systemClock } from "../../support/relay.ts";

export type EngineOrder =
  | { readonly do: "apply"; readonly flows: readonly FlowSpec[]; readonly limits?: Partial<Limits> }
  | { readonly do: "tell" }
  | { readonly do: "probe"; readonly flow: string }
  | { readonly do: "drain"; readonly limit: number };

export interface EngineState {
  readonly open: readonly OpenSession[];
  readonly ended: readonly SessionRecord[];
  readonly refused: readonly Refusal[];
  readonly blocked: readonly BlockedDoor[];
  readonly altered: readonly string[];
}

export type EngineAnswer = Applied | EngineState | Probed | { readonly cut: number };

const [kind = "", settings = "{}", pace = "1"] = process.argv.slice(2);
const clock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * Number(pace),
  every: (period, callback) => systemClock.every(period / Number(pace), callback),
};
const ended: SessionRecord[] = [];
const refused: Refusal[] = [];
const altered: string[] = [];
const events: EngineEvents = {
  began: () => undefined,
  leftLine: () => undefined,
  ended: (session) => void ended.push(session),
  refused: (refusal, count = 1) => void refused.push(...Array.from({ length: count }, () => refusal)),
  blocked: () => undefined,
  unblocked: () => undefined,
  unclaimed: () => undefined,
  altered: (found) => void altered.push(...found),
};
const engine: Engine =
  kind === "kernel"
    ? new Kernel({ clock, events, settings: JSON.parse(settings) as KernelSettings })
    : new Relay({ clock, events });
let policy = policyOf([]);

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as EngineOrder);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function obey(order: EngineOrder): Promise<EngineAnswer> {
  if (order.do === "tell") return { open: engine.openSessions, ended, refused, blocked: engine.blocked, altered };
  if (order.do === "drain") return engine.drain(order.limit);
  if (order.do === "apply") {
    policy = policyOf(order.flows, order.limits);
    return engine.apply(policy);
  }
  const flow = policy.flows.find(({ id }) => id === order.flow);
  if (flow?.kind !== "relayed") throw new TypeError(`no flow ${order.flow}`);
  return engine.probe(flow);
}
