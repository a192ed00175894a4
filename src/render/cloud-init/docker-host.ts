/** The host where Docker runs the gateway: the daemon's networks out of the depots' way, and Compose. */
import { INVENTORY } from "../gateway-places.ts";
import type { Subject } from "../subject.ts";
import { dockerNetworks } from "./docker-networks.ts";
import { JOIN_BY_HAND } from "./tailscale.ts";
import type { Host } from "./user-data.ts";

export function dockerHost(subject: Subject): Host {
  return {
    sources: [],
    packages: ["docker.io", "docker-compose-v2"],
    files: [{ path: "/etc/docker/daemon.json", mode: "0644", text: daemonSettings(subject) }],
    commands: [["mkdir", "-p", "/etc/ecluse"]],
    left: [
      "What is left to do:",
      `1. Join the tunnel: ${JOIN_BY_HAND}`,
      `2. Copy the inventory to ${INVENTORY}`,
      "3. Open the doors in UFW: run ufw/ecluse-ufw.sh of ecluse render",
      "4. Copy the program and what ecluse render compose wrote, then: docker compose up --detach --build",
    ],
  };
}

/** There before Docker is installed, so that no bridge ever has its usual network. `local` logs are kept small by Docker. */
function daemonSettings(subject: Subject): string {
  const { bridge, pool } = dockerNetworks(subject);
  const settings = {
    bip: bridge,
    "default-address-pools": [{ base: pool, size: 24 }],
    "live-restore": true,
    "log-driver": "local",
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}
