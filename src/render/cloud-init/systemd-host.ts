/** The host where systemd runs the gateway: Node 24, the unit, and a command for the administrators. */
import { INVENTORY, NODE_AND_PROGRAM } from "../gateway-places.ts";
import type { Subject } from "../subject.ts";
import { gatewayUnit } from "../systemd/gateway-unit.ts";
import { JOIN_BY_HAND } from "./tailscale.ts";
import type { AptSource, Host } from "./user-data.ts";

/** https://github.com/nodesource/distributions: Ubuntu 22.04 itself has Node 12. The key is the one of all its releases. */
const NODE: AptSource = {
  name: "nodesource.list",
  source: "deb [signed-by=$KEY_FILE] https://deb.nodesource.com/node_24.x nodistro main",
  key: "6F71F525282841EEDAF851B42F59B5F99B1BE0B4",
};

export function systemdHost(subject: Subject): Host {
  return {
    sources: [NODE],
    packages: ["nodejs", ...(subject.inventory.gateway.shield === true ? ["nftables"] : [])],
    files: [
      { path: "/etc/systemd/system/ecluse.service", mode: "0644", text: gatewayUnit(subject) },
      { path: "/usr/local/bin/ecluse", mode: "0755", text: COMMAND },
    ],
    commands: [["mkdir", "-p", "/etc/ecluse"]],
    left: [
      "What is left to do:",
      `1. Join the tunnel: ${JOIN_BY_HAND}`,
      "2. Copy the program, with its dependencies, to /opt/ecluse",
      `3. Copy the inventory to ${INVENTORY}`,
      "4. Open the doors in UFW: run ufw/ecluse-ufw.sh of ecluse render",
      "5. systemctl enable --now ecluse",
    ],
  };
}

/** The administrators' command. */
const COMMAND = `#!/bin/sh
export ECLUSE_INVENTORY="\${ECLUSE_INVENTORY:-${INVENTORY}}"
exec ${NODE_AND_PROGRAM} "$@"
`;
