/** The guard route, and what keeps networkd from taking it away. */
import { GUARD_ROUTE, guardRouteUnit } from "../systemd/guard-route.ts";
import type { Subject } from "../subject.ts";
import type { HostFile } from "./user-data.ts";

export function guardFiles({ inventory }: Subject): readonly HostFile[] {
  return [
    { path: `/etc/systemd/system/${GUARD_ROUTE}`, mode: "0644", text: guardRouteUnit(inventory.gateway) },
    { path: "/etc/systemd/networkd.conf.d/ecluse.conf", mode: "0644", text: KEEP_ROUTES },
  ];
}

/** networkd.conf(5): whenever it configures an interface, networkd removes routes and rules that it did not make. */
const KEEP_ROUTES = `[Network]
# The guard route, and the rules by which Tailscale's table is found.
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
`;
