/** Everything about one flow that the gateway carries. */
import type { Operation } from "../change/operations.ts";
import type { Accountability, Direction, OnRevoke, Probing, Queue } from "../inventory/model.ts";

import type { Health } from "../probe/health.ts";
import type { EndedOverview, FlowOverview, SessionOverview } from "./overview.ts";

export interface FlowAnswer extends Accountability, Pick<FlowOverview, "state" | "since" | "cause"> {
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
