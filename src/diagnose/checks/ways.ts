/** The way to the terminals: now, and when the tunnel has stopped. */
import { formatAddress } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { addressesOf, routeTo, routesOf, waysOf } from "../../audit/parse/network.ts";
import { type Diagnosis, fine, trouble } from "../diagnosis.ts";

export function checkWays(audited: Audited): readonly Diagnosis[] {
  return [...now(audited), ...withoutTunnel(audited), ...mtu(audited)];
}

/** Routes that lead nowhere, on purpose. */
const GUARDS = ["unreachable", "blackhole", "prohibit"];

function now({ facts, inventory }: Audited): readonly Diagnosis[] {
  const tunnel = inventory.gateway.tunnel.interface;
  return waysOf(facts).map(({ depot, to, interface: leaves, line }) => {
    const evidence = { source: `ip -j route get ${to}`, line };
    if (leaves === tunnel) return fine("way-to-terminals", `depot ${depot} is reached by ${tunnel}`, evidence);
    const what =
      leaves === undefined
        ? `there is no way to depot ${depot}`
        : `the way to depot ${depot} leaves by ${leaves}, not by ${tunnel}`;
    return trouble("way-to-terminals", {
      what,
      evidence,
      fix: `ip route show table 52; tailscale set --accept-routes; ip rule`,
    });
  });
}

/** Table 52 is Tailscale's, and empty when it stops: then the main table decides. */
function withoutTunnel({ facts, inventory }: Audited): readonly Diagnosis[] {
  const routes = routesOf(facts);
  if (routes.length === 0) return [];
  const tunnel = inventory.gateway.tunnel.interface;
  const rest = routes.filter(
    ({ table, interface: leaves }) => ["main", "default"].includes(table) && leaves !== tunnel,
  );
  return inventory.depots.flatMap(({ number, terminals: [first] }) => {
    if (first === undefined) return [];
    const route = routeTo(rest, first.address);
    const evidence = { source: "ip route show table main", line: route?.line ?? "no route holds it" };
    if (route === undefined || GUARDS.includes(route.kind)) {
      return [
        fine("way-without-tunnel", `without the tunnel depot ${number} is unreachable, as it should be`, evidence),
      ];
    }
    return [
      trouble("way-without-tunnel", {
        what: `without the tunnel packets to depot ${number} would leave by ${route.interface ?? "another way"}`,
        evidence,
        fix: `ip route add unreachable ${formatAddress(inventory.gateway.terminals.network.address)}/${inventory.gateway.terminals.network.prefix} metric 4278198272`,
      }),
    ];
  });
}

/** What Tailscale sets: tailscale.com/kb, "MTU". */
const TUNNEL_MTU = 1_280;

function mtu({ facts, inventory }: Audited): readonly Diagnosis[] {
  const tunnel = addressesOf(facts).find((each) => each.interface === inventory.gateway.tunnel.interface);
  if (tunnel?.mtu === undefined) return [];
  const evidence = { source: `ip -j address show ${tunnel.interface}`, line: `mtu ${tunnel.mtu}` };
  if (tunnel.mtu <= TUNNEL_MTU) return [fine("mtu", `${tunnel.interface} has an MTU of ${tunnel.mtu}`, evidence)];
  return [
    trouble("mtu", {
      what: `${tunnel.interface} has an MTU of ${tunnel.mtu}, more than the ${TUNNEL_MTU} that pass everywhere`,
      evidence,
      fix: `ip link set ${tunnel.interface} mtu ${TUNNEL_MTU}`,
    }),
  ];
}
