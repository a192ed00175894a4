/** Inventory -> policy. Pure, and the only place that knows how depots, services and generic flows become flows. */
import type { Accountability, Depot, GenericFlow, Grant, Inventory, Service, Terminal } from "../inventory/model.ts";
import { publicPortOf, terminalId } from "../inventory/numbering.ts";
import { gatesOf } from "./compile-gates.ts";
import {
  type CompiledDepot,
  type DoorList,
  type FlowsGateway,
  type JoinedDoors,
  keptDepots,
  originOf,
  remember,
} from "./compile-kept.ts";
import type { Gate } from "./gate.ts";
import {
  type Balancer,
  type Door,
  type Doors,
  type Flow,
  type LocalFlow,
  NO_DOORS,
  type Policy,
  type RelayedFlow,
  type Standing,
  doorKey,
} from "./policy.ts";

/**
 * Compiles an inventory that `check` found without error; `standing` is what operators said of single flows, by id.
 *
 * `before` changes nothing of what the policy says. Depots that are the same objects as there keep their flows and doors,
 * and lists of grants their gates: a change of one terminal among thousands makes one depot's, and `compare` sees at once
 * what is the same.
 */
export function compile(
  inventory: Inventory,
  standing: ReadonlyMap<string, Standing> = new Map(),
  before?: Policy,
): Policy {
  const origin = originOf(before);
  const gates = gatesOf(inventory.sources, origin?.gates);
  const context: Context = { inventory, standing, gateOf: gates.of };
  const kept = keptDepots(origin, inventory, standing, gates);
  const depots = inventory.depots.map((depot) => kept(depot) ?? compiledDepot(context, depot));
  const others: readonly Flow[] = [
    ...inventory.services.map((service) => serviceFlow(context, service)),
    ...inventory.flows.map((flow) => genericFlow(context, flow)),
  ];
  const lists = [...depots.map(({ doors }) => doors), doorsOf(others)];
  const { limits, shield, engine, kernel } = inventory.gateway;
  const policy: Policy = {
    limits,
    // The kernel engine needs none: it refuses where the shield would stand.
    ...(shield === true && engine === "relay" ? { shield } : {}),
    flows: [...depots.flatMap(({ flows }) => flows), ...others],
    doors: joined(lists, origin && before && { doors: before.doors, lists: origin.lists }),
    ...(engine === "kernel" && kernel !== undefined ? { kernel } : {}),
  };
  const byDepot = new Map(inventory.depots.map((depot, index) => [depot, depots[index]] as const));
  remember(policy, { gateway: inventory.gateway, standing, gates: gates.known, depots: byDepot, lists });
  return policy;
}

interface Context {
  readonly inventory: Inventory;
  readonly standing: ReadonlyMap<string, Standing>;
  readonly gateOf: (grants: readonly Grant[]) => Gate;
}

function compiledDepot(context: Context, depot: Depot): CompiledDepot {
  const flows = depot.terminals.map((terminal) => terminalFlow(context, depot, terminal));
  return { flows, doors: doorsOf(flows), gates: new Map(flows.map(({ grants, gate }) => [grants, gate])) };
}

function terminalFlow({ inventory, gateOf, standing }: Context, depot: Depot, terminal: Terminal): RelayedFlow {
  const gateway: FlowsGateway = inventory.gateway;
  const position = { depot: depot.number, terminal: terminal.number };
  return {
    kind: "relayed",
    id: terminalId(position),
    endpoints: [publicPortOf(position), ...terminal.aliases].map((port) => ({ address: gateway.address, port })),
    target: { address: terminal.address, port: terminal.port },
    direction: "till-to-terminal",
    grants: terminal.grants,
    gate: gateOf(terminal.grants),
    position,
    onRevoke: terminal.onRevoke ?? gateway.onRevoke,
    ...(terminal.probe === undefined ? {} : { probe: terminal.probe }),
    ...standingOf(standing, terminalId(position)),
    ...placesOf(terminal),
    ...accountability(terminal),
  };
}

function serviceFlow({ inventory, gateOf }: Context, service: Service): LocalFlow {
  const machine = inventory.machines.find(({ name }) => name === service.machine);
  if (machine === undefined) throw new TypeError(`service ${service.name} names no machine`);
  return {
    kind: "local",
    id: `service/${service.name}`,
    endpoints: [{ address: machine.address, port: service.port }],
    direction: "proxy-to-service",
    grants: service.grants,
    gate: gateOf(service.grants),
    ...accountability(service),
  };
}

function genericFlow({ inventory, gateOf, standing }: Context, flow: GenericFlow): Flow {
  const facts = {
    id: `flow/${flow.name}`,
    endpoints: [flow.listen],
    direction: flow.direction,
    grants: flow.grants,
    gate: gateOf(flow.grants),
    ...accountability(flow),
  };
  if (flow.target === undefined) return { kind: "local", ...facts };
  return {
    kind: "relayed",
    ...facts,
    target: flow.target,
    onRevoke: flow.onRevoke ?? inventory.gateway.onRevoke,
    ...standingOf(standing, facts.id),
    ...placesOf(flow),
    ...(flow.acceptProxy === undefined ? {} : { acceptProxy: flow.acceptProxy.map(balancerOf(inventory)) }),
    ...(flow.sendProxy === undefined ? {} : { sendProxy: flow.sendProxy }),
  };
}

function balancerOf({ sources }: Inventory): (name: string) => Balancer {
  return (name) => ({ name, networks: sources.find((source) => source.name === name)?.networks ?? [] });
}

function placesOf({ sessions, queue }: Pick<RelayedFlow, "sessions" | "queue">) {
  return { ...(sessions === undefined ? {} : { sessions }), ...(queue === undefined ? {} : { queue }) };
}

function standingOf(standing: Context["standing"], id: string): { readonly standing?: Standing } {
  const said = standing.get(id);
  return said === undefined ? {} : { standing: said };
}

function accountability({ owner, reason, approver, reviewed, nextReview }: Accountability): Accountability {
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(reason === undefined ? {} : { reason }),
    ...(approver === undefined ? {} : { approver }),
    ...(reviewed === undefined ? {} : { reviewed }),
    ...(nextReview === undefined ? {} : { nextReview }),
  };
}

function doorsOf(flows: readonly Flow[]): DoorList {
  return flows.flatMap((flow) => (flow.kind === "local" ? [] : flow.endpoints.map((endpoint) => ({ endpoint, flow }))));
}

/** What goes comes first: an endpoint may go from one list to another, and no two lists of one policy have the same. */
function* changedDoors(old: ReadonlySet<DoorList>, young: ReadonlySet<DoorList>): Iterable<[number, Door | undefined]> {
  for (const list of old) if (!young.has(list)) for (const door of list) yield [doorKey(door), undefined];
  for (const list of young) if (!old.has(list)) for (const door of list) yield [doorKey(door), door];
}

/** Of all these lists. `before`: what another policy has of its own, of which lists that are the same are taken over. */
function joined(lists: readonly DoorList[], before: JoinedDoors | undefined): Doors {
  const doors = (before?.doors ?? NO_DOORS).with(changedDoors(new Set(before?.lists), new Set(lists)));
  // `check` refuses two flows on one endpoint; a policy that reached this line would let one take the other's place.
  if (doors.size !== lists.reduce((sum, { length }) => sum + length, 0)) {
    const keys = new Set<number>();
    const second = lists.flat().find((door) => keys.size === keys.add(doorKey(door)).size);
    throw new TypeError(`two flows on one endpoint: ${second?.flow.id ?? "unknown"}`);
  }
  return doors;
}
