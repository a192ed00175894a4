/** What goes around UFW, or stands beside it: found, and mended by what is printed. */
import { suite, test } from "node:test";
import { type Drift, DOCKER, TAILSCALE, UFW, driftAndMend, gateway, skip } from "./drifts.ts";
import { TILL } from "./walled-host.ts";

const DRIFTS: readonly Drift[] = [
  {
    name: "a DNATed port behind a denying UFW",
    made: DOCKER,
    found: "docker-bypasses-firewall",
    evidence: /-A DOCKER .*--dport 10101 -j DNAT/,
  },
  {
    name: "a DNATed port of the plan that no terminal has",
    made: DOCKER.map((line) => line.replace("10101", "17299")),
    found: "docker-bypasses-firewall",
    evidence: /--dport 17299 -j DNAT/,
  },
  {
    name: "UFW's chains out of use",
    made: ["iptables -F INPUT; iptables -P INPUT ACCEPT"],
    found: "ufw-off",
    evidence: /ENABLED=yes/,
  },
  {
    name: "an ACCEPT before UFW's chains",
    made: ["iptables -I INPUT -p tcp --dport 10101 -j ACCEPT"],
    found: "wall-is-wider",
    evidence: /-A INPUT .*--dport 10101 -j ACCEPT/,
  },
  {
    name: "everything accepted before UFW's chains",
    made: ["iptables -I INPUT -j ACCEPT"],
    found: "wall-is-wider",
    evidence: /-A INPUT -j ACCEPT/,
  },
  {
    name: "a rule of the legacy backend beside UFW's",
    made: [`iptables-legacy -A INPUT -s ${TILL} -p tcp --dport 10101 -j DROP`],
    found: "allowed-but-blocked",
    evidence: /-A INPUT -s 203\.0\.113\.7\/32 .* -j DROP/,
  },
  {
    name: "a translation in the legacy backend",
    made: [
      "iptables-legacy -t nat -A PREROUTING -p tcp --dport 10101 -j DNAT --to-destination 198.51.100.1:8888",
      "iptables -I FORWARD -d 198.51.100.1 -j ACCEPT",
    ],
    found: "docker-bypasses-firewall",
    evidence: /-A PREROUTING .*DNAT/,
  },
  {
    name: "Tailscale's chain",
    made: TAILSCALE,
    found: "tailscale-bypasses-firewall",
    evidence: /-A ts-input -i tailscale0 -j ACCEPT/,
  },
  {
    name: "an nft table that drops an allowed source",
    made: [
      `nft 'table inet other { chain in { type filter hook input priority 10; policy accept; ip saddr ${TILL} tcp dport 10101 drop; }; }'`,
    ],
    found: "allowed-but-blocked",
    evidence: /"drop"/,
  },
];

suite("firewalls that drifted: around UFW", { skip, timeout: 280_000 }, () => {
  for (const drift of DRIFTS) {
    test(drift.name, async () => {
      await using walled = await gateway(...UFW);
      await driftAndMend(walled, drift);
    });
  }
});
