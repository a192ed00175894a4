/** Inventory -> policy. Pure, and the only place that knows how depots, services and generic flows become flows. */
import { type Network } from "@ecluse/guard/address";
import type { Accountability, Depot, GenericFlow, Grant, Inventory, Service, Terminal } from "../inventory/model.ts";
import { publicPortOf, terminalId } from "../inventory/numbering.ts";
import { type KeptTerminals, keepTerminals } from "./compile-kept.ts";
import { type Gate, compileGate, sameGate } from "./gate.ts";
import {
  type Balancer,
  type Door,
  type Flow,
  type LocalFlow,
  type Policy,
  type RelayedFlow,
  type Standing,
  endpointKey,
} from "./policy.ts";

/**
 * Compiles an inventory that `check` found without error; `standing` is what operators said of single flows, by id.
 *
 * `before` changes nothing of what the policy says. Terminals and gates that are as they were there are taken from it: a
 * change of one terminal among thousands makes one flow, and `compare` sees at once what is the same.
 */
export function compile(
  inventory: Inventory,
  standing: ReadonlyMap<string, Standing> = new Map(),
  before: Before = NOTHING,
): Policy {
  const kept = keepTerminals(before, inventory.gateway, standing);
  const context: Context = { inventory, standing, gateOf: gates(inventory, before), kept };
  // One list, pushed to: what is made and thrown away here, thousands at a time, the sessions wait for.
  const flows: Flow[] = [];
  for (const depot of inventory.depots) {
    for (const terminal of depot.terminals) flows.push(terminalFlow(context, depot, terminal));
  }
  for (const service of inventory.services) flows.push(serviceFlow(context, service));
  for (const flow of inventory.flows) flows.push(genericFlow(context, flow));
  const { limits, shield, engine, kernel } = inventory.gateway;
  const carried = engine === "kernel" && kernel !== undefined ? { kernel } : {};
  // The kernel engine needs none: it refuses where the shield would stand.
  const shielded = shield === true && engine === "relay" ? { shield } : {};
  return { limits, ...shielded, flows, doors: doorsOf(flows, before), ...carried };
}

/** What is asked of the policy before. */
type Before = Pick<Policy, "flows" | "doors">;

const NOTHING: Before = { flows: [], doors: new Map() };

interface Context {
  readonly inventory: Inventory;
  readonly kept: KeptTerminals;
  readonly standing: ReadonlyMap<string, Standing>;
  readonly gateOf: (grants: readonly Grant[]) => Gate;
}

function terminalFlow(context: Context, depot: Depot, terminal: Terminal): RelayedFlow {
  const gate = context.gateOf(terminal.grants);
  return context.kept(depot, terminal, gate) ?? newTerminalFlow(context, depot, terminal);
}

function newTerminalFlow({ inventory, gateOf, standing }: Context, depot: Depot, terminal: Terminal): RelayedFlow {
  const { gateway } = inventory;
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

/** One gate per distinct list of grants: 7,128 terminals usually share a handful. */
function gates(inventory: Inventory, before: Before): (grants: readonly Grant[]) => Gate {
  const networks = new Map(inventory.sources.map((source) => [source.name, source.networks]));
  const networksOf = (source: string): readonly Network[] => networks.get(source) ?? [];
  const byList = new Map<readonly Grant[], Gate>();
  const byContent = new Map<string, Gate>();
  const old = gatesByContent(before);
  return (grants) => {
    const shared = byList.get(grants);
    if (shared !== undefined) return shared;
    const content = JSON.stringify(grants);
    const gate = byContent.get(content) ?? unlessSame(compileGate(grants, networksOf), old.get(content));
    byContent.set(content, gate);
    byList.set(grants, gate);
    return gate;
  };
}

function gatesByContent({ flows }: Before): ReadonlyMap<string, Gate> {
  const distinct = new Map<Gate, readonly Grant[]>();
  // Neighbours mostly share one: asking the map for each of thousands would take longer than all else here.
  let last: Gate | undefined;
  for (const { gate, grants } of flows) {
    if (gate !== last) distinct.set(gate, grants);
    last = gate;
  }
  return new Map(Array.from(distinct, ([gate, grants]) => [JSON.stringify(grants), gate]));
}

/** The old one where they are the same. */
function unlessSame(gate: Gate, old: Gate | undefined): Gate {
  return old !== undefined && sameGate(gate, old) ? old : gate;
}

/** The doors of the flows that were kept are kept, too. */
function doorsOf(flows: readonly Flow[], before: Before): ReadonlyMap<number, Door> {
  const doors = new Map<number, Door>();
  let size = 0;
  for (const flow of flows) {
    if (flow.kind === "local") continue;
    for (const endpoint of flow.endpoints) {
      const key = endpointKey(endpoint.address, endpoint.port);
      const old = before.doors.get(key);
      doors.set(key, old?.flow === flow ? old : { endpoint, flow });
      size += 1;
      // `check` refuses two flows on one endpoint; a policy that reached this line would let one take the other's place.
      if (doors.size !== size) throw new TypeError(`two flows on one endpoint: ${flow.id}`);
    }
  }
  return doors;
}
