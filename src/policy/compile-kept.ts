/** Which flows of the policy before a new one may keep: those of terminals of which nothing was changed. */
import type { Accountability, Depot, Gateway, Terminal } from "../inventory/model.ts";
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
    const same =
      flow.gate === gate && flow.standing === said && sameWay(flow, terminal, gateway) && sameAccount(flow, terminal);
    return same ? flow : undefined;
  };
}

function isBefore(flow: RelayedFlow | undefined, depot: number, terminal: number): boolean {
  const at = flow?.position;
  if (at === undefined) return false;
  return at.depot < depot || (at.depot === depot && at.terminal < terminal);
}

function sameWay(flow: RelayedFlow, terminal: Terminal, gateway: Gateway): boolean {
  return (
    flow.target.address === terminal.address &&
    flow.target.port === terminal.port &&
    flow.sessions === terminal.sessions &&
    flow.onRevoke === (terminal.onRevoke ?? gateway.onRevoke) &&
    sameEndpoints(flow, terminal, gateway)
  );
}

/** The first port follows from the position. */
function sameEndpoints({ endpoints }: RelayedFlow, { aliases }: Terminal, { address }: Gateway): boolean {
  if (endpoints[0]?.address !== address || endpoints.length !== aliases.length + 1) return false;
  return aliases.length === 0 || aliases.every((port, index) => endpoints[index + 1]?.port === port);
}

function sameAccount(a: Accountability, b: Accountability): boolean {
  return (
    a.owner === b.owner &&
    a.reason === b.reason &&
    a.approver === b.approver &&
    a.reviewed === b.reviewed &&
    a.nextReview === b.nextReview
  );
}
