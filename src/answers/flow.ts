/** Everything about one flow that the gateway carries. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Operation } from "../change/operations.ts";
import type {
  Depot,
  Direction,
  Accountability,
  Inventory,
  OnRevoke,
  Probing,
  Queue,
  Terminal,
} from "../inventory/model.ts";
import { JournalError } from "../journal/errors.ts";
import type { Journal } from "../journal/journal.ts";
import type { KeptSession } from "../journal/rows.ts";
import { formatEndpoint } from "../observe/events.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import type { Health } from "../probe/health.ts";
import type { Asked } from "./asked.ts";
import { type FlowStanding, knownOf, standingOf } from "./flow-state.ts";
import { oneFlow } from "./one-flow.ts";
import { type EndedOverview, type SessionOverview, sessionOverview } from "./overview.ts";

export interface FlowAnswer extends Accountability, Omit<FlowStanding, "sessions"> {
  /** Milliseconds since the epoch, as every instant here. */
  readonly now: number;
  readonly flow: string;
  readonly label?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly depot?: number;
  readonly depotName?: string;
  readonly terminal?: number;
  readonly kind: "relayed";
  /** Where it is entered: ADDRESS:PORT. */
  readonly endpoints: readonly string[];
  readonly target: string;
  readonly direction: Direction;
  readonly limits: FlowLimits;
  readonly probe: Probing;
  readonly health?: Health;
  readonly operation?: Operation;
  readonly grants: readonly FlowGrant[];
  /** Terminals of the same depot, without this one: how many were heard of, and how many of them are down. */
  readonly neighbours: { readonly known: number; readonly down: number };
  /** The oldest first, at most 200. */
  readonly inside: readonly SessionOverview[];
  /** The last 20, from the journal; `null`: it cannot be read now. */
  readonly recent: readonly EndedOverview[] | null;
}

export interface FlowLimits {
  /** At once; absent: no limit beyond the gateway's. */
  readonly sessions?: number;
  /** What becomes of who finds no place. */
  readonly busy: "reject" | "queue";
  readonly queue?: Queue;
  readonly onRevoke: OnRevoke;
}

export interface FlowGrant {
  readonly source: string;
  readonly networks: readonly string[];
  readonly until?: number;
  readonly reason?: string;
  /** Of a temporary grant: by it, it can be revoked. */
  readonly id?: string;
}

const MOST = { recent: 20, inside: 200 };

/** Throws `no-such-flow`, or `usage` where the selector names several. */
export async function flow(asked: Asked, select: string): Promise<FlowAnswer> {
  const { gateway, changes, journal, clock } = asked;
  const asking = oneFlow(changes, select, "look at");
  const recent = await lastSessions(journal, asking.id);
  const open = (await gateway.openSessions()).filter((session) => session.flow === asking.id);
  // Of one instant: the policy may have changed while the journal was asked.
  const now = oneFlow(changes, select, "look at");
  const { sessions: _, ...standing } = standingOf(now.id, knownOf(gateway, changes, open));
  const health = gateway.health.get(now.id);
  const operation = changes.operations.find((one) => one.flow === now.id);
  return {
    now: clock.wall(),
    flow: now.id,
    ...placeOf(now, changes.inventory),
    ...accountabilityOf(now),
    kind: "relayed",
    endpoints: now.endpoints.map(formatEndpoint),
    target: formatEndpoint(now.target),
    direction: now.direction,
    ...standing,
    limits: limitsOf(now),
    probe: now.probe ?? "connect",
    ...(health === undefined ? {} : { health }),
    ...(operation === undefined ? {} : { operation }),
    grants: grantsOf(asked, now),
    neighbours: neighboursOf(asked, now),
    inside: open.slice(0, MOST.inside).map(sessionOverview),
    recent,
  };
}

type Place = Pick<FlowAnswer, "label" | "model" | "serial" | "depot" | "depotName" | "terminal">;

function placeOf({ position }: RelayedFlow, { depots }: Inventory): Place {
  if (position === undefined) return {};
  const depot = depots.find(({ number }) => number === position.depot);
  const terminal = depot?.terminals.find(({ number }) => number === position.terminal);
  return { depot: position.depot, ...nameOf(depot), terminal: position.terminal, ...described(terminal) };
}

function nameOf(depot: Depot | undefined): Pick<Place, "depotName"> {
  return depot?.name === undefined ? {} : { depotName: depot.name };
}

function described(terminal: Terminal | undefined): Pick<Place, "label" | "model" | "serial"> {
  const { label, model, serial } = terminal ?? {};
  return {
    ...(label === undefined ? {} : { label }),
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
  };
}

function accountabilityOf({ owner, reason, approver, reviewed, nextReview }: RelayedFlow): Accountability {
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(reason === undefined ? {} : { reason }),
    ...(approver === undefined ? {} : { approver }),
    ...(reviewed === undefined ? {} : { reviewed }),
    ...(nextReview === undefined ? {} : { nextReview }),
  };
}

function limitsOf({ sessions, queue, onRevoke }: RelayedFlow): FlowLimits {
  return {
    ...(sessions === undefined ? {} : { sessions }),
    ...(queue === undefined ? { busy: "reject" } : { busy: "queue", queue }),
    onRevoke,
  };
}

function grantsOf({ changes }: Asked, { id, grants }: RelayedFlow): readonly FlowGrant[] {
  const { sources } = changes.inventory;
  const temporary = changes.grants.list.filter(({ flows }) => flows.includes(id));
  return grants.map(({ source, until, reason }) => {
    const networks = sources.find(({ name }) => name === source)?.networks.map(formatNetwork);
    const given = temporary.find((grant) => grant.source === source && grant.until === until);
    return {
      source,
      // A temporary grant may name its network itself.
      networks: networks ?? [source],
      ...(until === undefined ? {} : { until }),
      ...(reason === undefined ? {} : { reason }),
      ...(given === undefined ? {} : { id: given.id }),
    };
  });
}

function neighboursOf({ gateway, changes }: Asked, { id, position }: RelayedFlow): FlowAnswer["neighbours"] {
  if (position === undefined) return { known: 0, down: 0 };
  const others = changes.policy.flows.filter((other) => other.position?.depot === position.depot && other.id !== id);
  const heard = others.flatMap((other) => gateway.health.get(other.id) ?? []);
  return { known: heard.length, down: heard.filter(({ state }) => state === "down").length };
}

/** `null`: the journal cannot be read now, and all else can be told without it. */
async function lastSessions(journal: Journal, id: string): Promise<FlowAnswer["recent"]> {
  try {
    const { rows } = await journal.sessions({ flows: [id], limit: MOST.recent });
    return rows.map(ended);
  } catch (error) {
    if (error instanceof JournalError) return null;
    throw error;
  }
}

function ended(session: KeptSession): EndedOverview {
  const { flow: id, source, startedAt, duration, bytesToTarget, bytesToClient, outcome, by, cause } = session;
  return {
    ...{ flow: id, source: formatAddress(source), outcome, by, ...(cause === undefined ? {} : { cause }) },
    ...{ at: startedAt + duration, duration, bytesToTarget, bytesToClient },
  };
}
