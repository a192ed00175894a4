/**
 * By which interface a host's neighbours and the Internet reach it, from `ip -j rule` and `ip -j route show table all`.
 *
 * A connection needs its answers to get back, so an address counts for the interface by which the host would answer it:
 * longest prefix first in each table, tables in the order of the rules. A rule that holds only for marked packets, or for
 * some interfaces, is left out.
 */
import { type Ipv4, type Network, parseNetwork } from "@ecluse/guard/address";
import {
  type AddressSet,
  EVERYBODY,
  NOBODY,
  addressesOf,
  holds,
  intersection,
  isNobody,
  union,
  without,
} from "../wall/address-set.ts";
import { type HostFacts, textOf } from "../facts.ts";
import { type JsonObject, numberIn, objectsIn, parseJson, textIn } from "./json.ts";

export interface Way {
  readonly device: string;
  readonly sources: AddressSet;
}

export interface Ways {
  readonly ways: readonly Way[];
  /** The host's own addresses, 127.0.0.0/8 among them. */
  readonly own: AddressSet;
  /** The interface that has an address of the host. */
  readonly deviceOf: (own: Ipv4) => string | undefined;
}

export function waysOf(facts: HostFacts): Ways {
  const routes = objectsIn(parseJson(textOf(facts, "routes"))).flatMap((route) => routeOf(route) ?? []);
  const byTable = Map.groupBy(routes, ({ table }) => table);
  const byDevice = new Map<string, AddressSet>();
  let left = EVERYBODY;
  for (const table of tablesOf(facts)) {
    const { found, answered } = lookedUp(byTable.get(table) ?? [], left);
    for (const { device, sources } of found) byDevice.set(device, union(byDevice.get(device) ?? NOBODY, sources));
    left = without(left, answered);
  }
  const local = routes.filter(({ type }) => type === "local");
  return {
    ways: [...byDevice].map(([device, sources]) => ({ device, sources })),
    own: addressesOf(local.map(({ network }) => network)),
    deviceOf: (own) => local.find(({ network }) => network.address === own)?.device,
  };
}

interface Route {
  readonly table: string;
  readonly type: string;
  readonly network: Network;
  readonly device: string;
  readonly metric: number;
}

function routeOf(route: JsonObject): Route | undefined {
  const dst = textIn(route, "dst") ?? "";
  const network = dst === "default" ? { address: 0 as Ipv4, prefix: 0 } : parseNetwork(dst);
  // `ip route show table all` prints IPv6 routes, too, whose default cannot be told but by what it has more.
  if (!("address" in network) || route["pref"] !== undefined) return undefined;
  const device = textIn(route, "dev") ?? textIn(objectsIn(route["nexthops"])[0] ?? {}, "dev") ?? "";
  const [table, type] = [textIn(route, "table") ?? "main", textIn(route, "type") ?? "unicast"];
  return { table, type, network, device, metric: numberIn(route, "metric") ?? 0 };
}

/** What a table answers, of those who are left. */
function lookedUp(routes: readonly Route[], asking: AddressSet): { found: readonly Way[]; answered: AddressSet } {
  const found: Way[] = [];
  let [left, passed] = [asking, NOBODY];
  for (const { network, type, device } of routes.toSorted(byPrefix)) {
    if (isNobody(left)) break;
    const sources = intersection(left, addressesOf([network]));
    left = without(left, sources);
    // A `throw` sends the lookup to the next table.
    if (type === "throw") passed = union(passed, sources);
    // Whoever is the host itself comes by lo.
    else if (type === "unicast" || type === "local") found.push({ device: type === "local" ? "lo" : device, sources });
  }
  return { found, answered: without(without(asking, left), passed) };
}

function byPrefix(a: Route, b: Route): number {
  return b.network.prefix - a.network.prefix || a.metric - b.metric;
}

/** The tables in which every packet is looked up, first to last. */
function tablesOf(facts: HostFacts): readonly string[] {
  const rules = objectsIn(parseJson(textOf(facts, "rules"))).filter(isForAll);
  const tables = rules
    .toSorted((a, b) => (numberIn(a, "priority") ?? 0) - (numberIn(b, "priority") ?? 0))
    .flatMap((rule) => textIn(rule, "table") ?? []);
  return tables.length > 0 ? tables : ["local", "main", "default"];
}

/** The keys of a rule that chooses nobody. */
const PLAIN = new Set(["priority", "src", "table", "protocol"]);

function isForAll(rule: JsonObject): boolean {
  return rule["src"] === "all" && Object.keys(rule).every((key) => PLAIN.has(key));
}

/** The interface by which an address is answered. */
export function deviceTo({ ways }: Ways, address: Ipv4): string | undefined {
  return ways.find(({ sources }) => holds(sources, address))?.device;
}
