/** The network of the containers' own bridge: apart from whatever they have to reach, and from whoever comes. */
import { type Network, formatNetwork, overlaps, parseNetwork } from "@ecluse/guard/address";
import { EcluseError } from "../../errors.ts";
import type { Endpoint } from "../../inventory/model.ts";
import type { Subject } from "../subject.ts";

/** Private (RFC 1918), at the ends that hosts seldom use; each holds as many containers as a bridge has ports. */
const CANDIDATES = ["172.31.248.0/21", "10.255.248.0/21", "192.168.248.0/21"].map(
  (text) => parseNetwork(text) as Network,
);

/**
 * The first that overlaps nothing of the inventory. With a depot's addresses on the bridge no container would reach that
 * depot (they would be its own neighbours), and a source on it would let in whoever Docker translates.
 */
export function bridgeOf(subject: Subject): Network {
  const taken = takenBy(subject);
  const free = CANDIDATES.find((candidate) => !taken.some((network) => overlaps(network, candidate)));
  if (free !== undefined) return free;
  const list = CANDIDATES.map(formatNetwork).join(", ");
  throw new EcluseError("cannot-render", `Cannot render compose-per-terminal: the inventory uses ${list}`, {
    hint: "no network is left for the containers' bridge: render compose, which needs none",
  });
}

function takenBy({ inventory, policy }: Subject): readonly Network[] {
  const { gateway, sources, machines } = inventory;
  const host = ({ address }: Pick<Endpoint, "address">): Network => ({ address, prefix: 32 });
  const ends = policy.flows.flatMap((flow) =>
    flow.kind === "relayed" ? [...flow.endpoints, flow.target] : flow.endpoints,
  );
  return [
    gateway.terminals.network,
    ...gateway.tunnel.routers.map((address) => host({ address })),
    ...[...ends, ...machines].map(host),
    // A source of every address is everybody, wherever the bridge lies.
    ...sources.flatMap(({ networks }) => networks).filter(({ prefix }) => prefix > 0),
  ];
}
