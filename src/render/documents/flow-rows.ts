/**
 * Who may reach what, a row for each right at each door: what the flow matrix and the review record say.
 *
 * Of who answers for it the most specific word holds: the right's reason, then the flow's, then the source's. The days of
 * review are one statement and come from one of them.
 */
import type { Accountability, Direction, Endpoint, Grant, Machine, Source } from "../../inventory/model.ts";
import { type Position, terminalId } from "../../inventory/numbering.ts";
import type { Flow } from "../../policy/policy.ts";
import { type Right, type Subject, rightsOf } from "../subject.ts";
import { type Place, placeOf } from "./place.ts";

export interface FlowRow extends Accountability {
  /** The flow's id; `ssh` and `ssh/MACHINE` besides. */
  readonly flow: string;
  readonly source: Source;
  /** The balancers through which alone it comes. */
  readonly through: readonly string[];
  readonly place: Place;
  readonly port: number;
  readonly direction: Direction | "administration";
  /** Absent: what listens there is what is reached. */
  readonly target?: Endpoint;
  /** Of a terminal. */
  readonly position?: Position;
  /** A terminal's label or a service's domain. */
  readonly label?: string;
  /** Milliseconds since the epoch. */
  readonly until?: number;
}

export const SSH_PORT = 22;

/** Administration first, as the founding document has it; then the policy's order. */
export function flowRows(subject: Subject): readonly FlowRow[] {
  const { inventory, policy } = subject;
  const rightsAt = rememberedRights(subject);
  const labels = labelsOf(subject);
  return [
    ...sshRows(subject, { name: "ssh", address: inventory.gateway.address, ssh: inventory.ssh }),
    ...inventory.machines.flatMap((machine) => sshRows(subject, { ...machine, name: `ssh/${machine.name}` })),
    ...policy.flows.flatMap((flow) => rowsOf(flow, rightsAt(flow.grants), { subject, label: labels.get(flow.id) })),
  ];
}

function sshRows(subject: Subject, { name, address, ssh }: Machine): readonly FlowRow[] {
  return rightsOf(ssh, subject).map((right) => ({
    flow: name,
    ...rightFacts(right, {}),
    through: [],
    place: placeOf(address, subject),
    port: SSH_PORT,
    direction: "administration",
  }));
}

interface Context {
  readonly subject: Subject;
  readonly label: string | undefined;
}

function rowsOf(flow: Flow, rights: readonly Right[], { subject, label }: Context): readonly FlowRow[] {
  const through = flow.kind === "relayed" ? (flow.acceptProxy ?? []).map(({ name }) => name) : [];
  return flow.endpoints.flatMap(({ address, port }) =>
    rights.map((right) => ({
      flow: flow.id,
      ...rightFacts(right, flow),
      through,
      place: placeOf(address, subject),
      port,
      direction: flow.direction,
      ...(flow.kind === "relayed" ? { target: flow.target } : {}),
      ...(flow.position === undefined ? {} : { position: flow.position }),
      ...(label === undefined ? {} : { label }),
    })),
  );
}

function rightFacts(
  { source, until, reason: ownReason }: Right,
  flow: Accountability,
): Pick<FlowRow, "source" | "until" | keyof Accountability> {
  const owner = flow.owner ?? source.owner;
  const reason = ownReason ?? flow.reason ?? source.reason;
  const approver = flow.approver ?? source.approver;
  const { reviewed, nextReview } = flow.reviewed === undefined && flow.nextReview === undefined ? source : flow;
  return {
    source,
    ...(owner === undefined ? {} : { owner }),
    ...(reason === undefined ? {} : { reason }),
    ...(approver === undefined ? {} : { approver }),
    ...(reviewed === undefined ? {} : { reviewed }),
    ...(nextReview === undefined ? {} : { nextReview }),
    ...(until === undefined ? {} : { until }),
  };
}

/** Thousands of terminals share a handful of lists. */
export function rememberedRights(subject: Subject): (grants: readonly Grant[]) => readonly Right[] {
  const known = new Map<readonly Grant[], readonly Right[]>();
  return (grants) => {
    const rights = known.get(grants) ?? rightsOf(grants, subject);
    known.set(grants, rights);
    return rights;
  };
}

export function labelsOf({ inventory }: Subject): ReadonlyMap<string, string> {
  const terminals = inventory.depots.flatMap(({ number, terminals: list }) =>
    list.map((terminal) => [terminalId({ depot: number, terminal: terminal.number }), terminal.label] as const),
  );
  const services = inventory.services.map(({ name, domain }) => [`service/${name}`, domain] as const);
  return new Map([...terminals, ...services].flatMap(([id, text]) => (text === undefined ? [] : [[id, text]])));
}
