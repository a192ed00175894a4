/** Addresses, routes and rules of a host, from `ip -j`: ip-address(8), ip-route(8), ip-rule(8). */
import { type Ipv4, type Network, contains, parseAddress, parseNetwork } from "@ecluse/guard/address";
import { type HostFacts, textOf } from "../facts.ts";

export interface HostAddress {
  readonly address: Ipv4;
  readonly interface: string;
  readonly mtu?: number;
}

export interface Route {
  /** The destination; `default` is 0.0.0.0/0. */
  readonly network: Network;
  /** `main`, `52`, `local`. */
  readonly table: string;
  /** Absent: it leads nowhere (`unreachable`, `blackhole`). */
  readonly interface?: string;
  readonly kind: string;
  /** As `ip` printed it. */
  readonly line: string;
}

/** The way to one terminal of a depot, as the kernel would choose it now. */
export interface Way {
  readonly depot: number;
  readonly to: string;
  /** Absent: there is none. */
  readonly interface?: string;
  readonly table?: string;
  readonly line: string;
}

export function addressesOf(facts: HostFacts): readonly HostAddress[] {
  return listAt(textOf(facts, "addresses")).flatMap(({ ifname, mtu, addr_info: addresses }) =>
    listOf(addresses).flatMap(({ local }) => {
      const address = typeof local === "string" ? parseAddress(local) : undefined;
      const known = typeof mtu === "number" ? { mtu } : {};
      return address === undefined ? [] : [{ address, interface: String(ifname), ...known }];
    }),
  );
}

export function routesOf(facts: HostFacts): readonly Route[] {
  return listAt(textOf(facts, "routes")).flatMap((raw) => {
    const { dst, dev, table = "main", type = "unicast" } = raw;
    const network = networkOf(dst);
    if (network === undefined) return [];
    const leads = typeof dev === "string" ? { interface: dev } : {};
    return [{ network, table: String(table), kind: String(type), ...leads, line: JSON.stringify(raw) }];
  });
}

export function waysOf(facts: HostFacts): readonly Way[] {
  const parts = textOf(facts, "ways").split(/^== /m).slice(1);
  return parts.flatMap((part) => {
    const [, depot = "", to = ""] = /^(\d+) (\S+)/.exec(part) ?? [];
    const [first] = listAt(part.slice(part.indexOf("\n") + 1));
    const leads = typeof first?.["dev"] === "string" ? { interface: first["dev"] } : {};
    const table = first?.["table"] === undefined ? {} : { table: JSON.stringify(first["table"]).replaceAll('"', "") };
    return [
      { depot: Number(depot), to, ...leads, ...table, line: first === undefined ? part.trim() : JSON.stringify(first) },
    ];
  });
}

/** The most specific route of some tables; `undefined`: none holds the address. */
export function routeTo(routes: readonly Route[], address: Ipv4): Route | undefined {
  const holding = routes.filter(({ network }) => contains(network, address));
  return holding.toSorted((a, b) => b.network.prefix - a.network.prefix)[0];
}

type Raw = Readonly<Record<string, unknown>>;

/** A JSON list of objects; empty where the text is none. */
function listAt(text: string): readonly Raw[] {
  try {
    return listOf(JSON.parse(text));
  } catch {
    return [];
  }
}

function listOf(value: unknown): readonly Raw[] {
  return Array.isArray(value) ? value.filter((each): each is Raw => typeof each === "object" && each !== null) : [];
}

function networkOf(dst: unknown): Network | undefined {
  if (dst === "default") return parsedNetwork("0.0.0.0/0");
  return typeof dst === "string" ? parsedNetwork(dst) : undefined;
}

function parsedNetwork(text: string): Network | undefined {
  const parsed = parseNetwork(text);
  return "kind" in parsed ? undefined : parsed;
}
