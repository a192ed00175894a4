/**
 * UFW as the machine begins: closed, but for the administrators' SSH. The doors follow with the inventory, by the target
 * ufw: a call for each of thousands would neither fit into user-data nor end within a boot.
 */
import { formatNetwork } from "@ecluse/guard/address";
import { cannotRender } from "../cannot-render.ts";
import { networksOf, type Subject } from "../subject.ts";

export const FIREWALL = "/usr/local/sbin/ecluse-firewall";

export function firewallScript(subject: Subject): string {
  const administrators = networksOf(subject.inventory.ssh, subject);
  if (administrators.length === 0) {
    const hint = "write who administers the gateway: ssh: { allow: [...] }";
    throw cannotRender("cloud-init", "nobody may come by SSH, and the firewall would lock everybody out", hint);
  }
  const ssh = administrators.map(
    (network) => `ufw allow proto tcp from ${formatNetwork(network)} to any port 22 comment SSH\n`,
  );
  return `#!/bin/sh
set -eu
ufw default deny incoming
ufw default allow outgoing
${ssh.join("")}ufw --force enable
`;
}
