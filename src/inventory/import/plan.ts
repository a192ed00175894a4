/** The numbering plan that the terminals of today follow, where they follow one. */
import { formatAddress, type Ipv4, type Network, parseNetwork } from "@ecluse/guard/address";
import type { Endpoint } from "../model.ts";
import { plannedAddress, type Position } from "../numbering.ts";

export interface Plan {
  readonly network: Network;
  readonly firstHost: number;
  readonly port: number;
}

export interface Placed {
  readonly position: Position;
  readonly target: Endpoint;
}

/** The founding document's: depot N is 172.17.N.0/24, terminal 1 is .10, port 8888. */
export const USUAL_PLAN: Plan = { network: parseNetwork("172.17.0.0/16") as Network, firstHost: 10, port: 8888 };

/** Fewer could follow a plan by accident. */
const FEWEST = 4;

/** The plan that most terminals follow, four at least and half of all; else the usual one. */
export function planOf(terminals: readonly Placed[]): Plan {
  const addresses = mostCommon(terminals.map(({ position, target }) => addressPlan(position, target.address)));
  const port = mostCommon(terminals.map(({ target }) => String(target.port)));
  const isPlan = (found: Counted | undefined): found is Counted =>
    found !== undefined && found.count >= FEWEST && found.count * 2 >= terminals.length;
  const [network = "", firstHost = ""] = isPlan(addresses) ? addresses.value.split(" ") : [];
  return {
    ...(network === "" ? USUAL_PLAN : { network: parseNetwork(network) as Network, firstHost: Number(firstHost) }),
    port: isPlan(port) ? Number(port.value) : USUAL_PLAN.port,
  };
}

/** Where the plan has the terminal. */
export function plannedTarget({ network, firstHost, port }: Plan, position: Position): Endpoint {
  return { address: plannedAddress(network, firstHost, position), port };
}

/** The one plan by which the terminal has this address, or none: `172.17.0.0/16 10`. */
function addressPlan({ depot, terminal }: Position, address: Ipv4): string {
  const firstHost = (address & 255) - terminal + 1;
  if (((address >>> 8) & 255) !== depot || firstHost < 1) return "";
  return `${formatAddress(((address & 0xffff0000) >>> 0) as Ipv4)}/16 ${firstHost}`;
}

interface Counted {
  readonly value: string;
  readonly count: number;
}

/** The first of several that are equally common. */
function mostCommon(values: readonly string[]): Counted | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: Counted | undefined;
  for (const [value, count] of counts) if (count > (best?.count ?? 0)) best = { value, count };
  return best;
}
