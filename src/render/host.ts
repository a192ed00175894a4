/**
 * One host as its firewall sees it: the doors on its addresses, who may come to each, and who may come by SSH.
 *
 * A firewall judges whoever connects: in front of a flow with balancers that is a balancer. It knows addresses only:
 * what else a right says (its end, its reason) is the gateway's to keep.
 */
import { type Ipv4, type Network, formatNetwork } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import type { Grant, Machine } from "../inventory/model.ts";
import { terminalId } from "../inventory/numbering.ts";
import type { Flow } from "../policy/policy.ts";
import { type Subject, comersOf, flowsOn, networksOf } from "./subject.ts";

export interface Host {
  /** `the gateway`, or the machine's name. */
  readonly name: string;
  /** Where in the inventory its SSH is said: `ssh.allow`. */
  readonly sshKey: string;
  readonly ssh: readonly Network[];
  readonly doors: readonly HostDoor[];
  /** Whether its kernel leads on who comes to what it relays: then it forwards those connections, instead of receiving them. */
  readonly leads: boolean;
}

export interface HostDoor {
  /** 0.0.0.0: every address of the host. */
  readonly address: Ipv4;
  readonly port: number;
  readonly flow: Flow;
  /** What people call it, behind the flow's id; absent: nothing. */
  readonly label?: string;
  /** Sorted and disjoint; none: nobody. Doors with the same comers share one array. */
  readonly comers: readonly Network[];
}

/** sshd's usual port; the inventory has no key for another. */
export const SSH_PORT = 22;

/** The gateway's host: what it relays, what listens there by itself, and the machine that it is, if it is one. */
export function gatewayHost(subject: Subject): Host {
  const { inventory, policy } = subject;
  const itself = inventory.machines.find(({ address }) => address === inventory.gateway.address);
  const elsewhere = new Set(inventory.machines.filter((machine) => machine !== itself).map(({ address }) => address));
  const flows = policy.flows.filter(
    ({ kind, endpoints }) => kind === "relayed" || !endpoints.some(({ address }) => elsewhere.has(address)),
  );
  const ssh = networksOf([...inventory.ssh, ...(itself?.ssh ?? [])], subject);
  const leads = policy.kernel !== undefined;
  return { name: "the gateway", sshKey: "ssh.allow", ssh, doors: doorsOf(flows, subject), leads };
}

/** A back-end machine: what listens there. Where it is the gateway's host, that one. */
export function machineHost(subject: Subject, machine: Machine): Host {
  if (machine.address === subject.inventory.gateway.address) return gatewayHost(subject);
  const { name } = machine;
  const ssh = networksOf(machine.ssh, subject);
  const doors = doorsOf(flowsOn(machine, subject), subject);
  return { name, sshKey: `machines.${name}.ssh.allow`, ssh, doors, leads: false };
}

/** Throws where a rule for SSH would open a flow's door, too. */
export function refuseDoorOnSsh({ name, doors }: Host, target: string): void {
  const door = doors.find(({ port }) => port === SSH_PORT);
  if (door === undefined) return;
  throw new EcluseError(
    "cannot-render",
    `Cannot render ${target} for ${name}: ${door.flow.id} is entered on port ${SSH_PORT}, which is SSH's`,
    { hint: "give the flow another port" },
  );
}

function doorsOf(flows: readonly Flow[], subject: Subject): readonly HostDoor[] {
  const comers = sharedComers(subject);
  const labels = labelsOf(subject);
  return flows.flatMap((flow) => {
    const label = labels.get(flow.id);
    const facts = { flow, comers: comers(flow), ...(label === undefined ? {} : { label }) };
    return flow.endpoints.map(({ address, port }) => ({ address, port, ...facts }));
  });
}

/** Thousands of terminals have a handful of lists: each is worked out once, and the same lists are one array. */
function sharedComers(subject: Subject): (flow: Flow) => readonly Network[] {
  const byList = new Map<readonly Grant[], readonly Network[]>();
  const byContent = new Map<string, readonly Network[]>();
  const shared = (networks: readonly Network[]): readonly Network[] => {
    const content = networks.map(formatNetwork).join();
    const known = byContent.get(content) ?? networks;
    byContent.set(content, known);
    return known;
  };
  return (flow) => {
    if (flow.kind === "relayed" && flow.acceptProxy !== undefined) return shared(comersOf(flow, subject));
    const known = byList.get(flow.grants) ?? shared(comersOf(flow, subject));
    byList.set(flow.grants, known);
    return known;
  };
}

function labelsOf({ inventory: { depots } }: Subject): ReadonlyMap<string, string> {
  const labelled = depots.flatMap(({ number: depot, terminals }) =>
    terminals.flatMap(({ number: terminal, label }) =>
      label === undefined ? [] : [[terminalId({ depot, terminal }), label] as const],
    ),
  );
  return new Map(labelled);
}
