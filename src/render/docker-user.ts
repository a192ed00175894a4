/**
 * iptables rules before Docker's own: for ports that Docker publishes, on a host of the form `compose-per-terminal`; and
 * for the kernel engine's doors, which lead through a host where Docker drops whatever it does not know.
 *
 * Docker translates the destination before the filter sees a packet, so rules for the public port never match in INPUT,
 * and in DOCKER-USER only by what the connection was first sent to (`--ctorigdst`, `--ctorigdstport`):
 * https://docs.docker.com/engine/network/firewall-iptables/. They stand in a chain of their own, replaced in one
 * transaction; a connection is judged when it is opened.
 *
 * Both kinds of door are told by their public endpoint. Who may come to a published port is Docker's to accept; behind the
 * kernel engine's nobody else would, so those sessions are accepted here, and what comes back in them.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import { type HostDoor, gatewayHost } from "./host.ts";
import { type Opening, openingsOf } from "./openings.ts";
import type { RenderedFile } from "./rendered-file.ts";
import type { Subject } from "./subject.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  const { doors: all, leads } = gatewayHost(subject);
  const doors = all.filter(({ flow }) => flow.kind === "relayed");
  if (doors.length === 0) return [];
  const verdict = leads ? "ACCEPT" : "RETURN";
  const body = scriptOf([
    ...(leads ? insideOf(doors) : []),
    "# Judged when it was opened",
    "-A ECLUSE -m conntrack ! --ctstate NEW -j RETURN",
    ...openingsOf(doors).flatMap((opening) => rulesOf(opening, verdict)),
  ]);
  return [{ path: "docker-user/ecluse-docker-user.sh", first: "#!/bin/sh", body, comment: "#", executable: true }];
}

/** One rule for each address, whatever it has of doors: every packet of a session meets it. */
function insideOf(doors: readonly HostDoor[]): readonly string[] {
  const rules = [...Map.groupBy(doors, ({ address }) => address)].map(([address, there]) => {
    const ports = there.map(({ port }) => port);
    const door = `--ctorigdst ${formatAddress(address)} --ctorigdstport ${Math.min(...ports)}:${Math.max(...ports)}`;
    const led = `-m conntrack --ctstate DNAT --ctproto tcp ${door}`;
    return `-A ECLUSE -m conntrack --ctstate RELATED,ESTABLISHED ${led} -j ACCEPT`;
  });
  return ["# Sessions that were let in, both ways", ...rules];
}

function rulesOf({ address, first, last, comers, name }: Opening, verdict: "ACCEPT" | "RETURN"): readonly string[] {
  const ports = first === last ? String(first) : `${first}:${last}`;
  const to = address === 0 ? "" : ` --ctorigdst ${formatAddress(address)}`;
  const match = `-m conntrack --ctdir ORIGINAL${to} --ctorigdstport ${ports}`;
  return [
    `# ${name}`,
    ...comers.map((network) => `-A ECLUSE -p tcp -s ${formatNetwork(network)} ${match} -j ${verdict}`),
    `-A ECLUSE -p tcp ${match} -j DROP`,
  ];
}

/** For a published port RETURN, not ACCEPT: whatever else stands in DOCKER-USER, and Docker's own rules, have their say. */
function scriptOf(rules: readonly string[]): string {
  return `# Who may come to the doors, before Docker's own rules. As root, once Docker runs; again after each change.
set -eu

if ! iptables -w -n -L DOCKER-USER >/dev/null 2>&1; then
	echo "There is no chain DOCKER-USER: Docker does not run, or uses its nftables backend; see the target nftables." >&2
	exit 1
fi

iptables-restore -w --noflush <<'RULES'
*filter
:ECLUSE - [0:0]
${rules.join("\n")}
COMMIT
RULES

iptables -w -C DOCKER-USER -j ECLUSE 2>/dev/null || iptables -w -I DOCKER-USER 1 -j ECLUSE
`;
}
