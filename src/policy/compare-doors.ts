/** Which doors a change opens, closes, or leads elsewhere. */
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { DoorSide, PolicyChange, Redirected } from "./policy-change.ts";
import type { FlowPair } from "./compare-flows.ts";
import { type Door, type Flow, endpointKey } from "./policy.ts";

/** The doors of relayed flows; a pair whose endpoints and target stay is not looked at twice. */
export function compareDoors(pairs: readonly FlowPair[]): PolicyChange["doors"] {
  const moved = pairs.filter(({ before, after }) => !sameDoors(before, after));
  const old = doorsOf(moved.map(({ before }) => before));
  const young = doorsOf(moved.map(({ after }) => after));
  const nameAfter = new Map(moved.flatMap(({ id, before }) => (before === undefined ? [] : [[before.id, id]])));
  const redirected = [...young].flatMap(([key, door]) => {
    const was = old.get(key);
    if (was === undefined) return [];
    const same = sameEndpoint(was.flow.target, door.flow.target) && nameAfter.get(was.flow.id) === door.flow.id;
    return same ? [] : [redirection(was, door)];
  });
  return { opened: onlyIn(young, old), closed: onlyIn(old, young), redirected };
}

/** An address and a port, as people write them. */
export function spellEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

export function sameEndpoints(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  return a.length === b.length && a.every((each, index) => sameEndpoint(each, b[index] ?? NOWHERE));
}

const NOWHERE = { address: -1, port: -1 } as unknown as Endpoint;

function sameDoors(before: Flow | undefined, after: Flow | undefined): boolean {
  if (before?.kind !== "relayed" || after?.kind !== "relayed") return before?.kind === after?.kind;
  return sameEndpoint(before.target, after.target) && sameEndpoints(before.endpoints, after.endpoints);
}

function doorsOf(flows: readonly (Flow | undefined)[]): ReadonlyMap<number, Door> {
  return new Map(
    flows.flatMap((flow) =>
      flow?.kind === "relayed"
        ? flow.endpoints.map((endpoint) => [endpointKey(endpoint.address, endpoint.port), { endpoint, flow }] as const)
        : [],
    ),
  );
}

function onlyIn(doors: ReadonlyMap<number, Door>, others: ReadonlyMap<number, Door>): readonly DoorSide[] {
  return [...doors].flatMap(([key, door]) =>
    others.has(key) ? [] : [{ endpoint: spellEndpoint(door.endpoint), ...sideOf(door) }],
  );
}

function redirection(before: Door, after: Door): Redirected {
  return { endpoint: spellEndpoint(after.endpoint), before: sideOf(before), after: sideOf(after) };
}

function sideOf({ flow }: Door): Omit<DoorSide, "endpoint"> {
  return { flow: flow.id, target: spellEndpoint(flow.target) };
}
