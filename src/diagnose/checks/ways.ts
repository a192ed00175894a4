/** The way to the terminals: now, and when the tunnel has stopped. */
import { type Ipv4, contains, formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { type Route, type Way, linksOf, routeTo, routesOf, waysOf } from "../../audit/parse/network.ts";
import { isNotInstalled, type Diagnosis, fine, trouble, unread } from "../diagnosis.ts";
import { type TunnelledDepot, depotNames, tunnelledDepots } from "../tunnelled-depots.ts";

export function checkWays(audited: Audited): readonly Diagnosis[] {
  const depots = tunnelledDepots(audited.inventory);
  return depots.length === 0 ? [] : [...now(audited, depots), ...withoutTunnel(audited, depots), ...mtu(audited)];
}

function now({ facts, inventory }: Audited, depots: readonly TunnelledDepot[]): readonly Diagnosis[] {
  const tunnel = inventory.gateway.tunnel.interface;
  const ways = waysOf(facts).filter(({ depot }) => depots.some(({ number }) => number === depot));
  const unasked = depots.filter(({ number }) => !ways.some(({ depot }) => depot === number));
  const groups = Map.groupBy(ways, (way) => way.interface ?? way.state);
  return [
    ...(unasked.length === 0 ? [] : [unread("way-to-terminals", facts, "ways", unknownWay(unasked.map(numberOf)))]),
    ...[...groups.values()].map((group) => wayOf(group, tunnel)),
  ];
}

/** Ways that are alike. */
function wayOf(group: readonly Way[], tunnel: string): Diagnosis {
  const [first] = group;
  const numbers = group.map(({ depot }) => depot);
  const evidence = { source: `ip -j route get ${first?.to ?? ""}`, line: first?.line ?? "" };
  const { state, interface: leaves = "" } = first ?? { state: "unread" };
  if (state === "unread") {
    return { code: "way-to-terminals", state: "unknown", what: unknownWay(numbers), evidence, fix: evidence.source };
  }
  const names = depotNames(numbers);
  if (leaves === tunnel) return fine("way-to-terminals", `the way to ${names} leaves by ${tunnel}`, evidence);
  const what =
    state === "none" ? `there is no way to ${names}` : `the way to ${names} leaves by ${leaves}, not by ${tunnel}`;
  const fix = "ip rule; ip route show table 52; with Tailscale: tailscale set --accept-routes";
  return trouble("way-to-terminals", { what, evidence, fix });
}

function unknownWay(numbers: readonly number[]): string {
  return `by which interface packets to ${depotNames(numbers)} leave could not be read`;
}

/** Routes that lead nowhere, on purpose. */
const GUARDS = ["unreachable", "blackhole", "prohibit"];

/** Above every other metric that programs set by themselves: the route of last resort within its network. */
const LAST = 4_278_198_272;

/** Table 52 is Tailscale's, and empty when it stops: then the main table decides. */
function withoutTunnel({ facts, inventory }: Audited, depots: readonly TunnelledDepot[]): readonly Diagnosis[] {
  const routes = routesOf(facts);
  const what = "where packets to the depots go without the tunnel could not be read";
  if (routes.length === 0) return [unread("way-without-tunnel", facts, "routes", what)];
  const { interface: tunnel } = inventory.gateway.tunnel;
  const remain = routes.filter((route) => route.interface !== tunnel);
  const led = depots.map((depot) => ({ ...depot, route: lookedUp(remain, depot.address) }));
  const groups = Map.groupBy(led, ({ route }) => (isGuarded(route) ? "nowhere" : (route?.interface ?? "another way")));
  return [...groups].map(([leaves, group]) => remaining(leaves, group, inventory));
}

type Led = TunnelledDepot & { readonly route: Route | undefined };

/** ip-rule(8): the rules 32766 and 32767, whatever other rules there are. */
function lookedUp(routes: readonly Route[], address: Ipv4): Route | undefined {
  const inTable = (name: string): readonly Route[] => routes.filter(({ table }) => table === name);
  return routeTo(inTable("main"), address) ?? routeTo(inTable("default"), address);
}

function isGuarded(route: Route | undefined): boolean {
  return route === undefined || GUARDS.includes(route.kind);
}

function remaining(leaves: string, group: readonly Led[], { gateway }: Audited["inventory"]): Diagnosis {
  const names = depotNames(group.map(numberOf));
  const [first] = group;
  const evidence = { source: "ip -4 route show table main", line: first?.route?.line ?? "no route holds it" };
  if (leaves === "nowhere") {
    return fine("way-without-tunnel", `without the tunnel packets to ${names} go nowhere, as they should`, evidence);
  }
  const { network } = gateway.terminals;
  const stray = group.filter(({ address }) => !contains(network, address)).map(({ address }) => formatAddress(address));
  const guards = [...(stray.length < group.length ? [formatNetwork(network)] : []), ...stray];
  return trouble("way-without-tunnel", {
    what: `without the tunnel packets to ${names} would leave by ${leaves}`,
    evidence,
    fix: guards.map((guard) => `ip route add unreachable ${guard} metric ${LAST}`).join("; "),
  });
}

function numberOf({ number }: TunnelledDepot): number {
  return number;
}

/** What Tailscale sets (tailscale.com/kb, "MTU"), and what WireGuard leaves of an Ethernet's 1,500: wg-quick(8). */
const MOST = { tailscale: 1_280, wireguard: 1_420 };

function mtu({ facts, inventory }: Audited): readonly Diagnosis[] {
  const { interface: name } = inventory.gateway.tunnel;
  const links = linksOf(facts);
  if (links.length === 0) return [unread("mtu", facts, "addresses", `the MTU of ${name} could not be read`)];
  const link = links.find((each) => each.name === name);
  // Without the interface there is none to judge: tunnel-state says so.
  if (link?.mtu === undefined) return [];
  const most = isNotInstalled(facts, "tailscale") ? MOST.wireguard : MOST.tailscale;
  const evidence = { source: `ip -j address show ${name}`, line: `mtu ${link.mtu}` };
  if (link.mtu <= most) return [fine("mtu", `${name} has an MTU of ${link.mtu}`, evidence)];
  const what = `${name} has an MTU of ${link.mtu}, more than the ${most} that pass everywhere`;
  return [trouble("mtu", { what, evidence, fix: `ip link set ${name} mtu ${most}` })];
}
