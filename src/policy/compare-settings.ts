/** What else changes about flows that stay: how they are carried, how many at once, what a revocation does. */
import { formatNetwork } from "@ecluse/guard/address";
import { formatDuration } from "../inventory/duration.ts";
import type { Queue } from "../inventory/model.ts";
import { sameEndpoints, spellEndpoint } from "./compare-doors.ts";
import type { SettingChange } from "./policy-change.ts";
import type { FlowPair } from "./compare-flows.ts";
import { Gathered } from "./compare-gathered.ts";
import type { Flow, RelayedFlow } from "./policy.ts";

export function compareSettings(pairs: readonly FlowPair[]): readonly SettingChange[] {
  const settings = new Gathered<SettingChange>();
  for (const { id, before, after } of pairs) {
    if (before === undefined || after === undefined || sameSettings(before, after)) continue;
    for (const [setting, read] of SETTINGS) {
      const [was, is] = [read(before), read(after)];
      if (was !== is) settings.add({ setting, before: was, after: is }, [id]);
    }
  }
  return settings.list();
}

const SETTINGS: readonly (readonly [SettingChange["setting"], (flow: Flow) => string | number | null])[] = [
  ["kind", ({ kind }) => kind],
  ["sessions", (flow) => (flow.kind === "relayed" ? (flow.sessions ?? null) : null)],
  ["queue", (flow) => (flow.kind === "relayed" ? spellQueue(flow.queue) : null)],
  ["onRevoke", (flow) => (flow.kind === "relayed" ? flow.onRevoke : null)],
  ["acceptProxy", (flow) => (flow.kind === "relayed" ? spellBalancers(flow.acceptProxy) : null)],
  ["sendProxy", (flow) => (flow.kind === "relayed" ? (flow.sendProxy ?? null) : null)],
  ["probe", (flow) => (flow.kind === "relayed" ? (flow.probe ?? null) : null)],
  ["listens", (flow) => (flow.kind === "local" ? flow.endpoints.map(spellEndpoint).join(" ") : null)],
];

/** `4 for 30s` */
function spellQueue(queue: Queue | undefined): string | null {
  return queue === undefined ? null : `${queue.length} for ${formatDuration(queue.wait)}`;
}

function sameQueue(before: Queue | undefined, after: Queue | undefined): boolean {
  return before?.length === after?.length && before?.wait === after?.wait;
}

/** `balancer (192.0.2.10 192.0.2.11)`: by name alone, a balancer that moved would look the same. */
function spellBalancers(balancers: RelayedFlow["acceptProxy"]): string | null {
  const spelled = balancers?.map(({ name, networks }) => `${name} (${networks.map(formatNetwork).join(" ")})`);
  return spelled?.join(", ") ?? null;
}

function sameProxy(before: RelayedFlow, after: RelayedFlow): boolean {
  if (before.sendProxy !== after.sendProxy) return false;
  // Hardly any flow has balancers; those that do are spelled.
  const none = before.acceptProxy === undefined && after.acceptProxy === undefined;
  return none || spellBalancers(before.acceptProxy) === spellBalancers(after.acceptProxy);
}

/** Asked first, thousands of times: it spells nothing. */
function sameSettings(before: Flow, after: Flow): boolean {
  if (before.kind === "relayed" && after.kind === "relayed") {
    const same =
      before.sessions === after.sessions && before.onRevoke === after.onRevoke && before.probe === after.probe;
    return same && sameQueue(before.queue, after.queue) && sameProxy(before, after);
  }
  return before.kind === after.kind && sameEndpoints(before.endpoints, after.endpoints);
}
