/** Which flows of the policy before a new one may keep: those of terminals of which nothing was changed. */
import type { Depot, Gateway, Terminal } from "../inventory/model.ts";
import type { Gate } from "./gate.ts";
import type { Policy, RelayedFlow, Standing } from "./policy.ts";

/** The terminal's flow of before, where a new one would say the same. Ask in the inventory's order. */
export type KeptTerminals = (depot: Depot, terminal: Terminal, gate: Gate) => RelayedFlow | undefined;

/** Walks both in their common order, once: thousands of look-ups by name would cost as much as making the flows anew. */
export function keepTerminals(
  { flows }: Pick<Policy, "flows">,
  gateway: Gateway,
  standing: ReadonlyMap<string, Standing>,
): KeptTerminals {
  const old = flows.filter((flow) => flow.position !== undefined) as readonly RelayedFlow[];
  let next = 0;
  return (depot, terminal, gate) => {
    while (isBefore(old[next], depot.number, terminal.number)) next += 1;
    const flow = old[next];
    if (flow?.position?.depot !== depot.number || flow.position.terminal !== terminal.number) return undefined;
    const said = standing.size === 0 ? undefined : standing.get(flow.id);
    return flow.gate === gate && flow.standing === said && sameTerminal(flow, terminal, gateway) ? flow : undefined;
  };
}

function isBefore(flow: RelayedFlow | undefined, depot: number, terminal: number): boolean {
  const at = flow?.position;
  if (at === undefined) return false;
  return at.depot < depot || (at.depot === depot && at.terminal < terminal);
}

type Same = (flow: RelayedFlow, terminal: Terminal, gateway: Gateway) => boolean;

const always: Same = () => true;

/** For each thing that can be said of a terminal, whether the flow says the same. */
const SAME: { readonly [Key in keyof Required<Terminal>]: Same } = {
  // What was found by its place has it.
  number: always,
  address: ({ target }, { address }) => target.address === address,
  port: ({ target }, { port }) => target.port === port,
  // The first port follows from the place.
  aliases: ({ endpoints }, { aliases }, { address }) =>
    endpoints[0]?.address === address &&
    endpoints.length === aliases.length + 1 &&
    aliases.every((port, index) => endpoints[index + 1]?.port === port),
  sessions: (flow, { sessions }) => flow.sessions === sessions,
  queue: (flow, { queue }) => flow.queue?.length === queue?.length && flow.queue?.wait === queue?.wait,
  onRevoke: (flow, { onRevoke }, gateway) => flow.onRevoke === (onRevoke ?? gateway.onRevoke),
  // The gate is theirs, compiled.
  grants: always,
  owner: (flow, { owner }) => flow.owner === owner,
  reason: (flow, { reason }) => flow.reason === reason,
  approver: (flow, { approver }) => flow.approver === approver,
  reviewed: (flow, { reviewed }) => flow.reviewed === reviewed,
  nextReview: (flow, { nextReview }) => flow.nextReview === nextReview,
  // For documents: no flow has them.
  label: always,
  model: always,
  serial: always,
};

const CHECKS: readonly Same[] = Object.values(SAME).filter((same) => same !== always);

function sameTerminal(flow: RelayedFlow, terminal: Terminal, gateway: Gateway): boolean {
  return CHECKS.every((same) => same(flow, terminal, gateway));
}
