/**
 * Doors that the kernel engine carries, as a connection to them meets the host's walls: led to its terminal before any other
 * program's translation, it goes by the chains of forwarded packets, not by those of programs of this host.
 *
 * As the policy has them, whether or not the table stands now: what is loaded is compared by itself.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import { type Policy, endpointKey } from "../../policy/policy.ts";
import { type BaseChain, type Part, type Rule, lookup } from "./ruleset.ts";

export interface LedDoors {
  /** Where a door leads; `undefined`: the kernel does not carry it. */
  readonly targetOf: (door: Endpoint) => Endpoint | undefined;
  readonly chains: readonly BaseChain[];
}

export const NOT_LED: LedDoors = { targetOf: () => undefined, chains: [] };

export function ledDoors({ doors, kernel }: Policy): LedDoors {
  if (kernel === undefined) return NOT_LED;
  const pairs = [...doors.values()].map(({ endpoint, flow }) => ({ endpoint, target: flow.target }));
  return {
    targetOf: ({ address, port }) => doors.get(endpointKey(address, port))?.flow.target,
    chains: [{ hook: "prerouting", priority: LEADING, type: "nat", policy: "accept", chain: chainOf(pairs) }],
  };
}

/** `dstnat - 5`, as the table has it. */
const LEADING = -105;

const PLACE = { program: "nft", family: "ip", table: "ecluse", chain: "lead" } as const;

interface Led {
  readonly endpoint: Endpoint;
  readonly target: Endpoint;
}

function chainOf(pairs: readonly Led[]): BaseChain["chain"] {
  return { place: PLACE, rules: pairs.map(ruleOf) };
}

function ruleOf({ endpoint, target }: Led): Rule {
  const one = (value: number): readonly Part[] => [{ from: value, to: value }];
  return {
    place: PLACE,
    conditions: [lookup("destination", one(endpoint.address)), lookup("port", one(endpoint.port))],
    action: { kind: "translate", destination: target.address, port: target.port },
    line: `${written(endpoint)} : ${written(target)}`,
    undo: `nft delete element ip ecluse targets '{ ${written(endpoint)} }'`,
  };
}

function written({ address, port }: Endpoint): string {
  return `${formatAddress(address)} . ${port}`;
}
