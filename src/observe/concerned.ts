/** Whom a change concerns who is inside already. */
import { contains, type Ipv4, type Network, parseNetwork } from "@ecluse/guard/address";
import type { OpenSession } from "../engine/records.ts";
import type { PolicyChange } from "../policy/policy-change.ts";

type Inside = Pick<OpenSession, "flow" | "source">;

/**
 * The sessions that lose their right: their source loses access at their flow, or the flow goes. Whoever still may enter by
 * another rule is not concerned. What becomes of them is for the flow's `onRevoke` to say.
 */
export function concernedBy<T extends Inside>({ access, flows }: PolicyChange, inside: readonly T[]): readonly T[] {
  const removed = new Set(flows.removed);
  const before = new Map(flows.renamed.map((renamed) => [renamed.after, renamed.before]));
  const losses = access
    .filter(({ what }) => what === "lost")
    .map((lost) => lossOf(lost.networks, lost.flows, before))
    .filter(({ ids }) => inside.some(({ flow }) => ids.has(flow)));
  const loses = ({ flow, source }: Inside): boolean => losses.some(({ ids, has }) => ids.has(flow) && has(source));
  return inside.filter((session) => removed.has(session.flow) || loses(session));
}

interface Loss {
  /** As they are called before the change: sessions know those names. */
  readonly ids: ReadonlySet<string>;
  readonly has: (source: Ipv4) => boolean;
}

function lossOf(networks: readonly string[], flows: readonly string[], before: ReadonlyMap<string, string>): Loss {
  let parsed: readonly Network[] | undefined;
  return {
    ids: new Set(flows.map((id) => before.get(id) ?? id)),
    has: (source) => isWithin((parsed ??= networks.map(networkOf)), source),
  };
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if ("kind" in network) throw new TypeError(`not a network: ${text}`);
  return network;
}

/** The networks are disjoint and ascending, and there may be 100,000: halved until one is left. */
function isWithin(networks: readonly Network[], source: Ipv4): boolean {
  let [from, end] = [0, networks.length];
  while (end - from > 1) {
    const middle = (from + end) >>> 1;
    if ((networks[middle]?.address ?? 0) <= source) from = middle;
    else end = middle;
  }
  const found = networks[from];
  return found !== undefined && contains(found, source);
}
