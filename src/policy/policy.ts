/**
 * The policy: every flow of the inventory, compiled and immutable.
 *
 * Promises that what is decided depends on nothing but the policy, the endpoint, the source address and the instant
 * given. Opens nothing, reads no clock: an engine acts, this room only says.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type {
  Accountability,
  Direction,
  Endpoint,
  Grant,
  Limits,
  OnRevoke,
  Probing,
  Queue,
  Source,
} from "../inventory/model.ts";
import type { Position } from "../inventory/numbering.ts";
import type { Gate } from "./gate.ts";
import { PiecedMap } from "./pieced-map.ts";

export interface Policy {
  readonly limits: Limits;
  /** Whether the kernel is to refuse strangers, too, before the engine hears of them. Absent: not. */
  readonly shield?: true;
  /** The kernel carries the bytes, and terminals see sessions come from this address, or from each one's own. Absent: the relay does. */
  readonly kernel?: { readonly source: Ipv4 | "preserved" };
  /** In the inventory's order: terminals by depot and number, then services, then generic flows. */
  readonly flows: readonly Flow[];
  /** The endpoints that an engine opens, by `endpointKey`: those of the relayed flows only. In no order. */
  readonly doors: Doors;
}

/** A policy shares with the one before it the doors that are the same. */
export type Doors = PiecedMap<Door>;

/** Neighbouring ports lie in one piece; those of a depot of the plan in two at most. */
export const NO_DOORS: Doors = PiecedMap.empty(128);

/** Doors of these endpoints; the last of two at the same. */
export function doorsAt(doors: Iterable<Door>): Doors {
  return NO_DOORS.with(Array.from(doors, (door) => [doorKey(door), door] as const));
}

export function doorKey({ endpoint }: Door): number {
  return endpointKey(endpoint.address, endpoint.port);
}

/** Where a relayed flow can be entered. */
export interface Door {
  readonly endpoint: Endpoint;
  readonly flow: RelayedFlow;
}

export type Flow = RelayedFlow | LocalFlow;

interface FlowFacts extends Accountability {
  /** `depot22-tpe01`, `service/api-faucet`, `flow/opi-callback`. */
  readonly id: string;
  /** One, and one more per alias. */
  readonly endpoints: readonly Endpoint[];
  readonly direction: Direction;
  readonly grants: readonly Grant[];
  readonly gate: Gate;
  /** Absent: the flow is not a terminal of the plan. */
  readonly position?: Position;
}

/** Carried by the gateway. */
export interface RelayedFlow extends FlowFacts {
  readonly kind: "relayed";
  readonly target: Endpoint;
  /** Sessions at once at the target; absent: no limit beyond the gateway's. */
  readonly sessions?: number;
  /** Who finds no place waits in line; absent: is turned away. */
  readonly queue?: Queue;
  readonly onRevoke: OnRevoke;
  /** Only they may connect, and say by a PROXY header who comes: that source is judged. Absent: each comes for itself. */
  readonly acceptProxy?: readonly Balancer[];
  /** The PROXY header by which the target is told who comes. */
  readonly sendProxy?: "v1" | "v2";
  /** Whether the terminal may be looked at; absent: by a connection. */
  readonly probe?: Probing;
  /** An operator's word: nobody new enters, and under `closed` those inside end by `onRevoke`. Absent: open. */
  readonly standing?: Standing;
}

/** A source that is believed when it says who comes. */
export type Balancer = Pick<Source, "name" | "networks">;

export type Standing = "closed" | "draining";

/** A service that listens itself; the gateway never binds it. */
export interface LocalFlow extends FlowFacts {
  readonly kind: "local";
}

/** One number per endpoint: address and port, below 2^48. */
export function endpointKey(address: Ipv4, port: number): number {
  return address * 65_536 + port;
}
