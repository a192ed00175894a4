/**
 * A back-end machine where systemd runs a service and nginx, each told by what Ecluse renders, behind the rendered ring:
 * what a real `ecluse audit` on that machine reads.
 */
import { audit } from "../../src/audit/audit.ts";
import { collect } from "../../src/audit/host/collect.ts";
import { askingsFor } from "../../src/audit/readings.ts";
import { textSubject } from "../render/subjects.ts";
import { needs } from "../support/packages.ts";
import { SystemdMachine } from "../support/systemd-machine.ts";
import type { DriftHost } from "./drift-hosts.ts";
import { GATEWAY, TILL } from "./walled-host.ts";

export const systemdSkip =
  needs(["systemd", "iproute2", "nftables", "nginx", "socat"], { root: true }) || SystemdMachine.unavailable();

const INVENTORY = `
gateway: { address: 198.51.100.200 }
machines:
  proxy: { address: ${TILL} }
  prod: { address: ${GATEWAY} }
services:
  api: { machine: prod, port: 3021, allow: [proxy], unit: api, hostVariable: API_HOST, outbound: any }
  mempool: { machine: prod, port: 3015, allow: [proxy], unit: nginx, outbound: any }
`;

const SUBJECT = textSubject(INVENTORY);

/** As most frameworks do: whoever is not told where to listen listens everywhere. */
const API = `[Service]
ExecStart=node -e 'require("node:net").createServer((socket) => socket.end()).listen(3021, process.env.API_HOST)'
# It has started when it listens.
ExecStartPost=sh -c 'until ss -Htln "sport = :3021" | grep -q .; do :; done'
`;

const NGINX = `[Service]
Type=forking
PIDFile=/run/nginx.pid
ExecStart=/usr/sbin/nginx
`;

const SITE = `server {
    include snippets/listen-mempool.conf;
    root /var/empty;
}
`;

const PROGRAM = `#!/bin/sh
export ECLUSE_INVENTORY=/etc/ecluse/ecluse.yaml NODE_COMPILE_CACHE=/run/compiled
exec node --conditions=source /opt/ecluse/src/cli/ecluse.js "$@"
`;

/** A cable that leads nowhere: connections come by an interface, not by lo. */
const NETWORK = [
  "ip link set lo up; ip link add lan type veth peer name outside; ip link set lan up; ip link set outside up",
  `ip address add ${GATEWAY}/24 dev lan; ip route add default via 198.51.100.1`,
];

/** In the words of the fixes that the audit prints. */
const INSTALLED = [
  "chmod +x /usr/local/bin/ecluse; rm -f /etc/nginx/sites-enabled/*",
  "for target in systemd nginx nftables; do ecluse render $target --machine prod --out DIR/; done",
  "nft -f DIR/nftables/ecluse-ring.nft",
  "install -D -m 644 DIR/systemd/api.service.d/ecluse.conf /etc/systemd/system/api.service.d/ecluse.conf",
  "install -D -m 644 DIR/nginx/listen-mempool.conf /etc/nginx/snippets/listen-mempool.conf",
  "systemctl daemon-reload; systemctl start api nginx",
];

export async function systemdMachine(): Promise<DriftHost> {
  const machine = await SystemdMachine.start();
  const sh = (...lines: readonly string[]): void => {
    for (const line of lines) machine.run("timeout", "60", "sh", "-ec", `cd /run; ${line}`);
  };
  for (const [path, text] of Object.entries({
    "/etc/ecluse/ecluse.yaml": INVENTORY,
    "/usr/local/bin/ecluse": PROGRAM,
    "/etc/systemd/system/api.service": API,
    "/etc/systemd/system/nginx.service": NGINX,
    "/etc/nginx/conf.d/mempool.conf": SITE,
  })) {
    machine.write(path, text);
  }
  sh(...NETWORK, ...INSTALLED);
  return {
    sh,
    audit: async () => {
      const shell = [...machine.entry, "sh"];
      const askings = askingsFor(SUBJECT.inventory, "prod");
      return audit([await collect({ host: "prod", askings, shell, now: Date.now })], SUBJECT);
    },
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}
