/** Running containers and Docker's networks, from `docker inspect`: docs.docker.com, Engine API. */
import { type Network, parseNetwork } from "@ecluse/guard/address";
import { type HostFacts, reading, textOf } from "../facts.ts";

export interface Container {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `host`: it has the host's own network. */
  readonly network: string;
  readonly published: readonly Published[];
}

export interface Published {
  /** The address and port of the host; `0.0.0.0`, `::` or one of its own. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

export interface DockerNetwork {
  readonly name: string;
  readonly pools: readonly Network[];
}

export function containersOf(facts: HostFacts): readonly Container[] {
  return linesOf(textOf(facts, "docker")).map(({ id, name, image, network, ports }) => ({
    id: String(id),
    name: String(name).replace(/^\//, ""),
    image: String(image),
    network: String(network),
    published: Object.entries(recordOf(ports)).flatMap(([inside, bindings]) => publishedOf(inside, bindings)),
  }));
}

/** The name of the container that publishes a TCP port of the host. */
export function publisherOf(facts: HostFacts, port: number): string | undefined {
  const publishes = ({ published }: Container): boolean =>
    published.some(({ protocol, hostPort }) => protocol === "tcp" && hostPort === port);
  return containersOf(facts).find(publishes)?.name;
}

export function dockerNetworksOf(facts: HostFacts): readonly DockerNetwork[] {
  return linesOf(textOf(facts, "docker-networks")).map(({ name, pools }) => ({
    name: String(name),
    pools: (Array.isArray(pools) ? (pools as readonly unknown[]) : []).flatMap((pool) =>
      networkOf(recordOf(pool)["Subnet"]),
    ),
  }));
}

/**
 * Where Docker takes the next network from: `default-address-pools` of daemon.json, or what it has built in
 * (github.com/moby/moby, daemon/libnetwork/ipamutils). `undefined`: the file is there and could not be read.
 */
export function newNetworksOf(facts: HostFacts): readonly Network[] | undefined {
  const { text, failed } = reading(facts, "docker-daemon") ?? { text: "", failed: "not read" };
  if (failed !== undefined) return /no such file/i.test(failed) ? BUILT_IN : undefined;
  const pools = poolsIn(text);
  if (pools === undefined) return undefined;
  return pools.length === 0 ? BUILT_IN : pools;
}

const BUILT_IN: readonly Network[] = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  "192.168.0.0/16",
].flatMap(networkOf);

function poolsIn(text: string): readonly Network[] | undefined {
  try {
    const pools = recordOf(JSON.parse(text))["default-address-pools"] ?? [];
    if (!Array.isArray(pools)) return undefined;
    return (pools as readonly unknown[]).flatMap((pool) => networkOf(recordOf(pool)["base"]));
  } catch {
    return undefined;
  }
}

function networkOf(text: unknown): readonly Network[] {
  const network = parseNetwork(String(text));
  return "kind" in network ? [] : [network];
}

type Raw = Readonly<Record<string, unknown>>;

function publishedOf(inside: string, bindings: unknown): readonly Published[] {
  const [port = "", protocol = "tcp"] = inside.split("/");
  if (!Array.isArray(bindings)) return [];
  return (bindings as readonly unknown[]).map((binding) => {
    const { HostIp, HostPort } = recordOf(binding);
    return { hostAddress: String(HostIp), hostPort: Number(HostPort), containerPort: Number(port), protocol };
  });
}

function linesOf(text: string): readonly Raw[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line.startsWith("{") ? [recordOf(JSON.parse(line))] : [];
    } catch {
      return [];
    }
  });
}

function recordOf(value: unknown): Raw {
  return typeof value === "object" && value !== null ? (value as Raw) : {};
}
