/**
 * Networks for Docker's bridges that nobody else has.
 *
 * Docker's own choice begins with 172.17.0.0/16, where the depots are: a container there would look for a terminal on its
 * own bridge, and so would the host while the tunnel is down. `bip` alone is not enough: every other bridge takes the next
 * of the default pools.
 */
import { formatAddress, formatNetwork, type Ipv4, type Network, overlaps, parseNetwork } from "@ecluse/guard/address";
import { cannotRender } from "../cannot-render.ts";
import type { Subject } from "../subject.ts";

export interface DockerNetworks {
  /** The first bridge's own address in its network. */
  readonly bridge: string;
  /** All other bridges take theirs from here. */
  readonly pool: string;
}

/** Throws `cannot-render` where the inventory leaves no private network free. */
export function dockerNetworks(subject: Subject): DockerNetworks {
  const taken = takenBy(subject);
  const free = CANDIDATES.find((candidate) => !taken.some((network) => overlaps(network, candidate)));
  if (free === undefined) {
    const hint = "name smaller networks in sources";
    throw cannotRender("cloud-init/docker.yaml", "the inventory leaves no private network to Docker's bridges", hint);
  }
  const half = { address: (free.address + 2 ** 15) as Ipv4, prefix: 17 };
  return { bridge: `${formatAddress((free.address + 1) as Ipv4)}/24`, pool: formatNetwork(half) };
}

/** The private ones that are least in use, one /16 each (RFC 1918); at last those of RFC 2544, which nobody routes. */
const CANDIDATES: readonly Network[] = [
  ...numbers(200, 254).map((second) => `10.${second}.0.0/16`),
  ...numbers(18, 31).map((second) => `172.${second}.0.0/16`),
  "198.18.0.0/16",
  "198.19.0.0/16",
].map(read);

const TAILSCALE = read("100.64.0.0/10");

/** A network wider than this is not somebody's: `any` leaves nothing free, and means nothing here. */
const WIDEST = 8;

/** Whoever is reached from this host, by the tunnel (100.64.0.0/10 is Tailscale's own) or beside it. */
function takenBy({ inventory, policy }: Subject): readonly Network[] {
  const ours = policy.flows.flatMap(({ endpoints }) => endpoints);
  const targets = policy.flows.flatMap((flow) => (flow.kind === "relayed" ? [flow.target] : []));
  const addresses = new Set([...ours, ...targets].map(({ address }) => address));
  return [
    inventory.gateway.terminals.network,
    TAILSCALE,
    // Machines and subnet routers are sources, too.
    ...inventory.sources.flatMap(({ networks }) => networks.filter(({ prefix }) => prefix >= WIDEST)),
    ...[inventory.gateway.address, ...addresses].map((address) => ({ address, prefix: 32 })),
  ];
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function read(text: string): Network {
  return parseNetwork(text) as Network;
}
