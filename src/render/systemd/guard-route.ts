/**
 * The route that says "unreachable" where the tunnel says nothing.
 *
 * Tailscale's routes lie in table 52, which is asked before the main table. When it is down, that table is empty, and a
 * payment would leave in clear text by whatever the main table holds for the depots: a bridge of Docker, or the default
 * route to the Internet. With the largest metric there is, this route gives way to any other of the same network.
 */
import { formatNetwork } from "@ecluse/guard/address";
import type { Gateway } from "../../inventory/model.ts";

export const GUARD_ROUTE = "ecluse-guard-route.service";

export function guardRouteUnit({ terminals, tunnel }: Gateway): string {
  return `[Unit]
Description=The depots are reached by ${tunnel.interface} or not at all
After=systemd-networkd.service
Before=docker.service ecluse.service

[Service]
Type=oneshot
RemainAfterExit=yes
# Tailscale's table 52 is asked before this one. The largest metric: any other route of the same network comes first.
ExecStart=ip route replace unreachable ${formatNetwork(terminals.network)} metric 4294967295

[Install]
WantedBy=multi-user.target
`;
}
