/** Which flows of the policy before a new one may keep: those of terminals of which nothing was changed. */
import type { Accountability, Depot, Gateway, Terminal } from "../inventory/model.ts";
import type { Gate } from "./gate.ts";
import type { Flow, Policy, RelayedFlow, Standing } from "./policy.ts";

/** The terminal's flow of before, where a new one would say the same. Ask in the inventory's order. */
export type KeptTerminals = (depot: Depot, terminal: Terminal, gate: Gate) => RelayedFlow | undefined;

/** Walks both in their common order, once: thousands of look-ups by name would cost as much as making the flows anew. */
export function keepTerminals(
  { flows }: Pick<Policy, "flows">,
  gateway: Gateway,
  standing: ReadonlyMap<string, Standing>,
): KeptTerminals {
  let next = 0;
  return (depot, terminal, gate) => {
    while (isBefore(flows[next], depot.number, terminal.number)) next += 1;
    const flow = flows[next];
    if (flow?.kind !== "relayed") return undefined;
    if (flow.position?.depot !== depot.number || flow.position.terminal !== terminal.number) return undefined;
    const said = standing.size === 0 ? undefined : standing.get(flow.id);
    return flow.gate === gate && flow.standing === said && sameTerminal(flow, terminal, gateway) ? flow : undefined;
  };
}

/** Terminals come first in a policy, so whatever is none ends the walk. */
function isBefore(flow: Flow | undefined, depot: number, terminal: number): boolean {
  const at = flow?.kind === "relayed" ? flow.position : undefined;
  if (at === undefined) return false;
  return at.depot < depot || (at.depot === depot && at.terminal < terminal);
}

/** What may be said of a terminal: all of it is looked at below, is its place or its gate, or concerns documents and probes only. */
type Considered =
  | ("number" | "grants" | "label" | "model" | "serial" | "probe")
  | ("address" | "port" | "aliases" | "sessions" | "queue" | "onRevoke")
  | ("owner" | "reason" | "approver" | "reviewed" | "nextReview");

/** Nothing can be passed as this where a terminal has something that is not considered: its change would be overlooked. */
type WholeTerminal = [Exclude<keyof Terminal, Considered>] extends [never] ? Terminal : never;

/** One expression for each thing, for this is asked thousands of times in the middle of a change. */
function sameTerminal(flow: RelayedFlow, terminal: WholeTerminal, gateway: Gateway): boolean {
  return (
    flow.target.address === terminal.address &&
    flow.target.port === terminal.port &&
    flow.sessions === terminal.sessions &&
    flow.queue?.length === terminal.queue?.length &&
    flow.queue?.wait === terminal.queue?.wait &&
    flow.onRevoke === (terminal.onRevoke ?? gateway.onRevoke) &&
    sameEndpoints(flow, terminal, gateway) &&
    sameAccount(flow, terminal)
  );
}

/** The first port follows from the place. */
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
