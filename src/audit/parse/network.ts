/** Links, addresses and routes of a host, from `ip -j`: ip-address(8), ip-route(8). */
import { type Ipv4, type Network, contains, parseAddress, parseNetwork } from "@ecluse/guard/address";
import { type HostFacts, textOf } from "../facts.ts";

export interface HostAddress {
  readonly address: Ipv4;
  readonly interface: string;
}

export interface Link {
  readonly name: string;
  readonly isUp: boolean;
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
  /** Of several to the same destination, the least holds. */
  readonly metric: number;
  /** As `ip` printed it. */
  readonly line: string;
}

/** The way to one terminal of a depot, as the kernel would choose it now. */
export interface Way {
  readonly depot: number;
  readonly to: string;
  /** `none`: the kernel said so; `unread`: nobody could be asked. */
  readonly state: "leads" | "none" | "unread";
  /** Where it leads. */
  readonly interface?: string;
  readonly line: string;
}

export function addressesOf(facts: HostFacts): readonly HostAddress[] {
  return listAt(textOf(facts, "addresses")).flatMap(({ ifname, addr_info: addresses }) =>
    listOf(addresses).flatMap(({ local }) => {
      const address = typeof local === "string" ? parseAddress(local) : undefined;
      return address === undefined ? [] : [{ address, interface: String(ifname) }];
    }),
  );
}

export function linksOf(facts: HostFacts): readonly Link[] {
  return listAt(textOf(facts, "addresses")).map(({ ifname, flags, mtu }) => ({
    name: String(ifname),
    isUp: Array.isArray(flags) && flags.includes("UP"),
    ...(typeof mtu === "number" ? { mtu } : {}),
  }));
}

export function routesOf(facts: HostFacts): readonly Route[] {
  return listAt(textOf(facts, "routes")).flatMap((raw) => {
    const { dst, dev, table = "main", type = "unicast", metric } = raw;
    const network = networkOf(raw, dst);
    if (network === undefined) return [];
    const leads = typeof dev === "string" ? { interface: dev } : {};
    const order = typeof metric === "number" ? metric : 0;
    return [{ network, table: String(table), kind: String(type), metric: order, ...leads, line: JSON.stringify(raw) }];
  });
}

export function waysOf(facts: HostFacts): readonly Way[] {
  const parts = textOf(facts, "ways").split(/^== /m).slice(1);
  return parts.map((part) => {
    const [, depot = "", to = ""] = /^(\d+) (\S+)/.exec(part) ?? [];
    const answer = part.slice(part.indexOf("\n") + 1).trim();
    return { depot: Number(depot), to, ...leading(answer) };
  });
}

/** iproute2 says the kernel's refusal on stderr: `RTNETLINK answers: Network is unreachable`. */
function leading(answer: string): Pick<Way, "state" | "interface" | "line"> {
  const [first] = listAt(answer);
  if (typeof first?.["dev"] === "string") {
    return { state: "leads", interface: first["dev"], line: JSON.stringify(first) };
  }
  return { state: /^(?:RTNETLINK answers|Error): /m.test(answer) ? "none" : "unread", line: answer };
}

/** The most specific route of one table, of those the one with the least metric; `undefined`: none holds the address. */
export function routeTo(routes: readonly Route[], address: Ipv4): Route | undefined {
  const holding = routes.filter(({ network }) => contains(network, address));
  return holding.toSorted((a, b) => b.network.prefix - a.network.prefix || a.metric - b.metric)[0];
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

/** `default` is the word for both families; an IPv6 one has an IPv6 gateway, or the preference that only they have. */
function networkOf({ gateway, pref }: Raw, dst: unknown): Network | undefined {
  const isIpv6 = pref !== undefined || (typeof gateway === "string" && gateway.includes(":"));
  if (dst === "default") return isIpv6 ? undefined : parsedNetwork("0.0.0.0/0");
  return typeof dst === "string" ? parsedNetwork(dst) : undefined;
}

function parsedNetwork(text: string): Network | undefined {
  const parsed = parseNetwork(text);
  return "kind" in parsed ? undefined : parsed;
}
