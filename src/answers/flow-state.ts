/** How a flow is, in one word of all that could be said of it. */
import type { Changes } from "../change/changes.ts";
import type { Operation } from "../change/operations.ts";
import type { BlockedDoor, InsideSession } from "../engine/records.ts";
import type { Health, HealthBook } from "../probe/health.ts";

/**
 * The first that holds, in this order. `blocked`: a door cannot be opened. `closed`, `draining`: an operator's word.
 * `in-session`: at least one session is open. `down`, `free`: what the last session or probe told. `unheard`: nothing yet.
 */
export type FlowState = "blocked" | "closed" | "draining" | "in-session" | "down" | "free" | "unheard";

export interface FlowStanding {
  readonly state: FlowState;
  /** Open now. */
  readonly sessions: number;
  /** Since when it is so, where that is known: milliseconds since the epoch. */
  readonly since?: number;
  /** Of `blocked` and `down`, the system's word; of `closed` and `draining`, the operator's reason. */
  readonly cause?: string;
}

/** What is known of all flows, found by their ids. */
export interface Known {
  readonly blocked: ReadonlyMap<string, BlockedDoor>;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly inside: ReadonlyMap<string, readonly InsideSession[]>;
  readonly health: Pick<HealthBook, "get">;
}

export function knownOf(
  gateway: { readonly blocked: readonly BlockedDoor[]; readonly health: Pick<HealthBook, "get"> },
  { operations }: Pick<Changes, "operations">,
  inside: readonly InsideSession[],
): Known {
  return {
    blocked: new Map(gateway.blocked.map((door) => [door.flow, door])),
    operations: new Map(operations.map((operation) => [operation.flow, operation])),
    inside: Map.groupBy(inside, ({ flow }) => flow),
    health: gateway.health,
  };
}

export function standingOf(flow: string, known: Known): FlowStanding {
  const inside = known.inside.get(flow);
  return { ...stateOf(flow, known, inside), sessions: inside?.length ?? 0 };
}

type State = Omit<FlowStanding, "sessions">;

function stateOf(flow: string, known: Known, inside: readonly InsideSession[] | undefined): State {
  const blocked = known.blocked.get(flow);
  if (blocked !== undefined) return { state: "blocked", cause: blocked.cause };
  const operation = known.operations.get(flow);
  if (operation !== undefined) return operated(operation);
  const [oldest] = inside ?? [];
  if (oldest !== undefined) return { state: "in-session", since: Math.round(oldest.startedAt) };
  return heard(known.health.get(flow));
}

function operated({ state, at, reason }: Operation): State {
  return { state, since: at, ...(reason === undefined ? {} : { cause: reason }) };
}

function heard(health: Health | undefined): State {
  if (health === undefined) return { state: "unheard" };
  const { state, since, cause } = health;
  if (state === "up") return { state: "free", since };
  return { state: "down", since, ...(cause === undefined ? {} : { cause }) };
}
