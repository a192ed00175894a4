/**
 * What a policy was compiled of, so that the next one takes over the depots that are as they were.
 *
 * As they were is told by identity: whoever reads an inventory anew gives the same depot as the same object (`unpack`, for
 * one). A depot that is another object is compiled anew, and says the same where it is the same.
 */
import type { Depot, Gateway, Grant, Inventory } from "../inventory/model.ts";
import type { Gates, KnownGates } from "./compile-gates.ts";
import type { Gate } from "./gate.ts";
import type { Door, Doors, Policy, RelayedFlow, Standing } from "./policy.ts";

export type DoorList = readonly Door[];

export interface CompiledDepot {
  readonly flows: readonly RelayedFlow[];
  readonly doors: DoorList;
  /** Every list of grants in it. */
  readonly gates: ReadonlyMap<readonly Grant[], Gate>;
}

/** A policy's doors, and the lists that they are made of: one of each depot, one of all else. */
export interface JoinedDoors {
  readonly doors: Doors;
  readonly lists: readonly DoorList[];
}

export interface Origin extends Pick<JoinedDoors, "lists"> {
  readonly gateway: Gateway;
  readonly standing: ReadonlyMap<string, Standing>;
  readonly gates: KnownGates;
  readonly depots: ReadonlyMap<Depot, CompiledDepot | undefined>;
}

const ORIGINS = new WeakMap<Policy, Origin>();

export function originOf(policy: Policy | undefined): Origin | undefined {
  return policy && ORIGINS.get(policy);
}

export function remember(policy: Policy, origin: Origin): void {
  ORIGINS.set(policy, origin);
}

/** A depot as it was compiled, where it would come out the same. */
export type KeptDepots = (depot: Depot) => CompiledDepot | undefined;

export function keptDepots(
  before: Origin | undefined,
  { gateway }: Inventory,
  standing: ReadonlyMap<string, Standing>,
  gates: Gates,
): KeptDepots {
  if (before === undefined || !sameForTerminals(before.gateway, gateway)) return () => undefined;
  const isUnsaid = before.standing.size === 0 && standing.size === 0;
  const isAsSaid = ({ id, standing: said }: RelayedFlow): boolean => standing.get(id) === said;
  return (depot) => {
    const compiled = before.depots.get(depot);
    if (compiled === undefined) return undefined;
    for (const [grants, gate] of compiled.gates) if (gates.of(grants) !== gate) return undefined;
    return isUnsaid || compiled.flows.every(isAsSaid) ? compiled : undefined;
  };
}

/** Whether a terminal's flow has the same of both: `terminalFlow` takes no more than this of a gateway. */
function sameForTerminals(before: FlowsGateway, after: FlowsGateway): boolean {
  return before.address === after.address && before.onRevoke === after.onRevoke;
}

export type FlowsGateway = Pick<Gateway, "address" | "onRevoke">;
