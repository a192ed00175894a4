/**
 * The overview: one snapshot of all that a first screen needs, made at one instant, so that whoever follows the events
 * after it misses nothing and counts nothing twice.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Pending } from "../change/history-confirm.ts";
import type { EntryHead } from "../change/history-entry.ts";
import type { InsideSession, OpenSession } from "../engine/records.ts";
import type { Depot } from "../inventory/model.ts";
import type { RecentRefusal } from "../observe/recent-refusals.ts";
import type { RecentSession } from "../observe/recent-sessions.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import { correlate } from "../probe/correlate.ts";
import { VERSION } from "../version.ts";
import type { Asked } from "./asked.ts";
import { type Attention, attentionTo } from "./attention.ts";
import { type FlowStanding, type Known, knownOf, standingOf } from "./flow-state.ts";

export type EndedOverview = RecentSession;

/** With a selector: depots, others, sessions, refusals, recent, inside and attention are those of the flows it names. */
export interface OverviewAnswer {
  /** Milliseconds since the epoch, as every instant here. */
  readonly now: number;
  /** The id of the last event that this includes: follow the stream after it. */
  readonly events: string;
  readonly language: "fr" | "en";
  /** The program's. */
  readonly version: string;
  /** The one in force. */
  readonly inventory: EntryHead;
  readonly pending: Pending | null;
  readonly sessions: { readonly open: number; readonly most: number };
  /** Let in and refused since this process began, whatever was selected. */
  readonly counts: { readonly sessions: number; readonly refusals: number };
  readonly depots: readonly DepotOverview[];
  /** What the gateway carries besides terminals. */
  readonly others: readonly FlowOverview[];
  /** Of the last quarter of an hour, the last first, at most 50. */
  readonly refusals: readonly RecentRefusal[];
  /** The last 20 that ended, the last first; of a selection those among the last 200. */
  readonly recent: readonly EndedOverview[];
  /** Open now, the oldest first, at most 200. */
  readonly inside: readonly SessionOverview[];
  /** The most urgent first, at most 500. */
  readonly attention: readonly Attention[];
}

export interface DepotOverview {
  readonly depot: number;
  readonly name: string | null;
  readonly terminals: readonly FlowOverview[];
}

export interface FlowOverview extends FlowStanding {
  readonly flow: string;
  /** Its number in the depot. */
  readonly terminal?: number;
  readonly label?: string;
  /** The public port; the first, where there are aliases. */
  readonly port: number;
}

export interface SessionOverview {
  /** As in the events; 0: turned away just now. */
  readonly session: number;
  readonly flow: string;
  readonly source: string;
  readonly rule: string;
  readonly phase: OpenSession["phase"];
  readonly leaving: boolean;
  readonly started: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}

const MOST = { refusals: 50, recent: 20, inside: 200 };

/** Throws `no-such-flow`. */
export async function overview(asked: Asked, select: string | undefined): Promise<OverviewAnswer> {
  const open = await asked.gateway.openSessions();
  // From here on nothing else runs: what the events tell after this id, this does not include.
  return snapshot(asked, open, select);
}

function snapshot(asked: Asked, open: readonly InsideSession[], select: string | undefined): OverviewAnswer {
  const { gateway, changes, clock } = asked;
  const now = clock.wall();
  gateway.flushRefusals();
  const { live } = gateway;
  const { files: _, ...entry } = changes.entry;
  const flows = select === undefined ? changes.relayed : changes.selected(select);
  const ids = new Set(flows.map(({ id }) => id));
  const has = select === undefined ? (): boolean => true : (flow: string): boolean => ids.has(flow);
  const isSelected = ({ flow }: { readonly flow: string | null }): boolean => has(flow ?? "");
  const inside = open.filter(isSelected);
  return {
    now,
    events: live.stream.last,
    language: changes.inventory.language,
    version: VERSION,
    inventory: entry,
    pending: changes.pending ?? null,
    sessions: { open: inside.length, most: changes.policy.limits.sessions },
    counts: gateway.counts,
    ...grouped(flows, changes.inventory.depots, knownOf(gateway, changes, open)),
    refusals: live.refusals.list(now, { most: MOST.refusals, has: isSelected }),
    recent: live.ended.list({ most: MOST.recent, has: isSelected }),
    inside: inside.slice(0, MOST.inside).map(sessionOverview),
    attention: attention(asked, { now, flows, has }),
  };
}

export function sessionOverview(session: InsideSession): SessionOverview {
  const { flow, source, rule, phase, leaving, startedAt, bytesToTarget, bytesToClient } = session;
  return {
    ...{ session: session.session, flow, source: formatAddress(source), rule, phase, leaving },
    ...{ started: Math.round(startedAt), bytesToTarget, bytesToClient },
  };
}

type Grouped = Pick<OverviewAnswer, "depots" | "others">;

/** Terminals by depot, in the policy's order. */
function grouped(flows: readonly RelayedFlow[], depots: readonly Depot[], known: Known): Grouped {
  const byDepot = Map.groupBy(flows, ({ position }) => position?.depot);
  const named = depots.flatMap((depot): DepotOverview[] => {
    const its = byDepot.get(depot.number);
    if (its === undefined) return [];
    const labels = new Map(depot.terminals.map(({ number, label }) => [number, label]));
    const terminals = its.map((flow) => flowOverview(flow, known, labels.get(flow.position?.terminal ?? 0)));
    return [{ depot: depot.number, name: depot.name ?? null, terminals }];
  });
  return { depots: named, others: (byDepot.get(undefined) ?? []).map((flow) => flowOverview(flow, known)) };
}

function flowOverview({ id, position, endpoints: [first] }: RelayedFlow, known: Known, label?: string): FlowOverview {
  return {
    flow: id,
    ...(position === undefined ? {} : { terminal: position.terminal }),
    ...(label === undefined ? {} : { label }),
    port: first?.port ?? 0,
    ...standingOf(id, known),
  };
}

interface Selection {
  readonly now: number;
  readonly flows: readonly RelayedFlow[];
  readonly has: (flow: string) => boolean;
}

function attention({ gateway, changes, journal, file }: Asked, { now, flows, has }: Selection): readonly Attention[] {
  return attentionTo({
    now,
    pending: changes.pending,
    journal: journal.health,
    blocked: gateway.blocked.filter(({ flow }) => has(flow)),
    shield: gateway.shield,
    troubles: correlate(flows, (flow) => gateway.health.get(flow)),
    grants: changes.grants.list.filter((grant) => grant.flows.some(has)),
    operations: changes.operations.filter(({ flow }) => has(flow)),
    fileDiffers: file.differs,
  });
}
