/** Which flow of one policy is which of another: by id, and where the id is gone, by door and target. */
import { type Flow, type Policy, endpointKey } from "./policy.ts";

export interface FlowPair {
  /** The id after the change; of a flow that is gone, the one it had. */
  readonly id: string;
  /** Absent: the flow is new. */
  readonly before: Flow | undefined;
  /** Absent: the flow is gone. */
  readonly after: Flow | undefined;
}

/**
 * Every flow of either policy that is not the same in both, once, in the order of `after`; those that are gone stand where
 * the change is. Flows that are one object are the same, and left out: `compile` keeps those that a change leaves alone.
 */
export function pairFlows(before: Policy, after: Policy): readonly FlowPair[] {
  // Most changes touch a few flows of thousands: only what lies between the first and the last difference is looked up.
  const [old, young] = [before.flows, after.flows];
  const shortest = Math.min(old.length, young.length);
  let head = 0;
  while (head < shortest && old[head]?.id === young[head]?.id) head += 1;
  let tail = 0;
  while (tail < shortest - head && old.at(-1 - tail)?.id === young.at(-1 - tail)?.id) tail += 1;
  const side = (flows: readonly Flow[]): readonly Flow[] => flows.slice(head, flows.length - tail);
  const pairs: FlowPair[] = [];
  const add = (index: number, oldIndex: number): void => {
    if (old[oldIndex] !== young[index]) pairs.push(pairOf(old[oldIndex], young[index]));
  };
  for (let index = 0; index < head; index += 1) add(index, index);
  for (const pair of pairUp(side(old), side(young))) pairs.push(pair);
  for (let left = tail; left > 0; left -= 1) add(young.length - left, old.length - left);
  return pairs;
}

function pairOf(before: Flow | undefined, after: Flow | undefined): FlowPair {
  return { id: (after ?? before)?.id ?? "", before, after };
}

function pairUp(old: readonly Flow[], young: readonly Flow[]): readonly FlowPair[] {
  const byId = new Map(old.map((flow) => [flow.id, flow]));
  const ids = new Set(young.map(({ id }) => id));
  // A session goes on where its door and target stay, whatever the flow is called: so does access.
  const nameless = new Map(old.filter(({ id }) => !ids.has(id)).map((flow) => [placeOf(flow), flow]));
  const found = new Set<Flow>();
  const pairs = young.map((flow) => {
    const match = byId.get(flow.id) ?? nameless.get(placeOf(flow));
    const same = match === undefined || found.has(match) ? undefined : match;
    if (same !== undefined) found.add(same);
    return pairOf(same, flow);
  });
  return [...pairs, ...old.filter((flow) => !found.has(flow)).map((flow) => pairOf(flow, undefined))];
}

/** The first endpoint and the target: no two relayed flows share them. */
function placeOf(flow: Flow): string {
  const spots = [flow.endpoints[0], flow.kind === "relayed" ? flow.target : undefined];
  return spots.map((spot) => (spot === undefined ? "" : endpointKey(spot.address, spot.port))).join();
}
