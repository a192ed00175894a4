/**
 * Two policies compared as access, not as text: whom a change lets in, whom it shuts out, which doors it opens.
 *
 * Promises that who may enter after the change is who could before, without those named as losing and with those named
 * as gaining: address by address, at one instant. What changes nothing for anybody, such as a source that was renamed, is
 * told apart. Plain data, ready to be printed as JSON; `compare-lines.ts` says it in English.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Limits } from "../inventory/model.ts";
import { compareDoors } from "./compare-doors.ts";
import { type GateDifference, NOBODY, compareGates } from "./compare-gates.ts";
import { type FlowPair, pairFlows } from "./compare-flows.ts";
import { compareSettings } from "./compare-settings.ts";
import { Gathered, type Without } from "./compare-gathered.ts";
import type { Gate } from "./gate.ts";
import type { Policy } from "./policy.ts";
import type { AccessChange, LimitChange, PolicyChange, RuleChange, SettingChange } from "./policy-change.ts";

/** What changes from one policy to the other. `now`, in milliseconds since the epoch, decides which rights have ended. */
export function compare(before: Policy, after: Policy, now: number): PolicyChange {
  const pairs = pairFlows(before, after);
  return {
    flows: {
      added: pairs.flatMap((pair) => (pair.before === undefined ? [pair.id] : [])),
      removed: pairs.flatMap((pair) => (pair.after === undefined ? [pair.id] : [])),
      renamed: pairs.flatMap(({ before: was, after: is }) =>
        was === undefined || is === undefined || was.id === is.id ? [] : [{ before: was.id, after: is.id }],
      ),
    },
    doors: compareDoors(pairs),
    ...accessChanges(pairs, now),
    settings: [...compareSettings(pairs), ...shieldChange(before, after), ...engineChange(before, after)],
    limits: limitChanges(before.limits, after.limits),
  };
}

/** Whether nothing changes: neither access nor anything else that a policy knows. */
export function isNoChange({ flows, doors, access, rules, settings, limits }: PolicyChange): boolean {
  const lists = [...Object.values(flows), ...Object.values(doors), access, rules, settings, limits];
  return lists.every((list) => list.length === 0);
}

function accessChanges(pairs: readonly FlowPair[], now: number): Pick<PolicyChange, "access" | "rules"> {
  const access = new Gathered<AccessChange>();
  const rules = new Gathered<RuleChange>();
  for (const { before, after, flows } of pairsOfGates(pairs)) {
    for (const difference of compareGates(before, after, now)) {
      const networks = difference.networks.map(formatNetwork);
      const change = accessChange(difference);
      if (change !== undefined) access.add({ ...change, networks }, flows);
      if (difference.before === undefined || difference.after === undefined) continue;
      const [was, is] = [difference.before.source, difference.after.source];
      if (was !== is) rules.add({ before: was, after: is, networks }, flows);
    }
  }
  return { access: access.list(), rules: rules.list() };
}

function accessChange({ before, after }: GateDifference): Without<AccessChange, "networks" | "flows"> | undefined {
  const entry = after ?? before;
  if (entry === undefined) return undefined;
  const { source } = entry;
  if (before === undefined || after === undefined) {
    return { what: before === undefined ? "gained" : "lost", source, ...instant("until", entry.until) };
  }
  if (before.until === after.until) return undefined;
  return {
    what: endChange(before.until, after.until),
    source,
    ...instant("before", before.until),
    ...instant("after", after.until),
  };
}

function endChange(before: number | undefined, after: number | undefined) {
  if (before === undefined) return "gets-end";
  if (after === undefined) return "loses-end";
  return after < before ? "ends-sooner" : "ends-later";
}

function instant<K extends string>(key: K, at: number | undefined): Partial<Record<K, string>> {
  return (at === undefined ? {} : { [key]: new Date(at).toISOString() }) as Partial<Record<K, string>>;
}

interface GatePair {
  readonly before: Gate;
  readonly after: Gate;
  readonly flows: string[];
}

/** Each pair of gates once: 7,128 terminals share a handful. */
function pairsOfGates(pairs: readonly FlowPair[]): readonly GatePair[] {
  const byGates = new Map<Gate, Map<Gate, GatePair>>();
  const list: GatePair[] = [];
  for (const pair of pairs) {
    const [before, after] = [pair.before?.gate ?? NOBODY, pair.after?.gate ?? NOBODY];
    const others = byGates.get(before) ?? new Map<Gate, GatePair>();
    byGates.set(before, others);
    const known = others.get(after);
    if (known !== undefined) {
      known.flows.push(pair.id);
      continue;
    }
    const first = { before, after, flows: [pair.id] };
    others.set(after, first);
    list.push(first);
  }
  return list;
}

/** Before all doors or before none. */
function shieldChange(before: Policy, after: Policy): readonly SettingChange[] {
  if (before.shield === after.shield) return [];
  const spell = ({ shield }: Policy): string | null => (shield === true ? "up" : null);
  return [{ setting: "shield", before: spell(before), after: spell(after), flows: relayedIn(after) }];
}

/** What carries them is chosen when the gateway starts. */
function engineChange(before: Policy, after: Policy): readonly SettingChange[] {
  if (before.kernel?.source === after.kernel?.source) return [];
  return [{ setting: "engine", before: engineOf(before), after: engineOf(after), flows: relayedIn(after) }];
}

/** `relay`, `kernel (source 192.0.2.1)`, `kernel (source preserved)`. */
function engineOf({ kernel }: Policy): string {
  if (kernel === undefined) return "relay";
  return `kernel (source ${kernel.source === "preserved" ? kernel.source : formatAddress(kernel.source)})`;
}

function relayedIn({ flows }: Policy): readonly string[] {
  return flows.flatMap(({ kind, id }) => (kind === "relayed" ? [id] : []));
}

function limitChanges(before: Limits, after: Limits): readonly LimitChange[] {
  const limits = Object.keys(after) as (keyof Limits)[];
  return limits.flatMap((limit) =>
    before[limit] === after[limit] ? [] : [{ limit, before: before[limit], after: after[limit] }],
  );
}
