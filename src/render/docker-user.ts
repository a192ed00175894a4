/**
 * iptables rules for ports that Docker publishes: for a host of the form `compose-per-terminal`.
 *
 * Docker translates the destination before the filter sees a packet, so rules for the public port never match in INPUT,
 * and in DOCKER-USER only by what the connection was first sent to (`--ctorigdst`, `--ctorigdstport`):
 * https://docs.docker.com/engine/network/firewall-iptables/. They stand in a chain of their own, replaced in one
 * transaction; a connection is judged when it is opened.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import { gatewayHost } from "./host.ts";
import { type Opening, openingsOf } from "./openings.ts";
import type { RenderedFile } from "./rendered-file.ts";
import type { Subject } from "./subject.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  const doors = gatewayHost(subject).doors.filter(({ flow }) => flow.kind === "relayed");
  if (doors.length === 0) return [];
  const body = scriptOf(openingsOf(doors).flatMap(rulesOf));
  return [{ path: "docker-user/ecluse-docker-user.sh", first: "#!/bin/sh", body, comment: "#", executable: true }];
}

function rulesOf({ address, first, last, comers, name }: Opening): readonly string[] {
  const ports = first === last ? String(first) : `${first}:${last}`;
  const to = address === 0 ? "" : ` --ctorigdst ${formatAddress(address)}`;
  const match = `-m conntrack --ctdir ORIGINAL${to} --ctorigdstport ${ports}`;
  return [
    `# ${name}`,
    ...comers.map((network) => `-A ECLUSE -p tcp -s ${formatNetwork(network)} ${match} -j RETURN`),
    `-A ECLUSE -p tcp ${match} -j DROP`,
  ];
}

/** RETURN, not ACCEPT: whatever else stands in DOCKER-USER, and Docker's own rules, have their say. */
function scriptOf(rules: readonly string[]): string {
  return `# Who may come to the ports that Docker publishes. As root, once Docker runs; again after each change.
set -eu

if ! iptables -w -n -L DOCKER-USER >/dev/null 2>&1; then
	echo "There is no chain DOCKER-USER: Docker does not run, or uses its nftables backend; see the target nftables." >&2
	exit 1
fi

iptables-restore -w --noflush <<'RULES'
*filter
:ECLUSE - [0:0]
# Judged when it was opened
-A ECLUSE -m conntrack ! --ctstate NEW -j RETURN
${rules.join("\n")}
COMMIT
RULES

iptables -w -C DOCKER-USER -j ECLUSE 2>/dev/null || iptables -w -I DOCKER-USER 1 -j ECLUSE
`;
}
