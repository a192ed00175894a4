/** Drifts behind UFW, each on a host of its own: found, and mended by what is printed. */
import { suite, test } from "node:test";
import { type Drift, DOCKER, TAILSCALE, UFW, driftAndMend, gateway, skip } from "./drifts.ts";
import { ADMIN, STRANGER, TILL } from "./walled-host.ts";

const UFW_DRIFTS: readonly Drift[] = [
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
  { name: "UFW off", made: ["ufw disable"], found: "ufw-off", evidence: /ENABLED=no/ },
  {
    name: "UFW's chains out of use",
    made: ["iptables -F INPUT; iptables -P INPUT ACCEPT"],
    found: "ufw-off",
    evidence: /ENABLED=yes/,
  },
  {
    name: "UFW allows by default",
    made: ["ufw default allow incoming"],
    found: "ufw-default-allows",
    evidence: /ACCEPT/,
  },
  {
    name: "an extra source in UFW",
    made: [`ufw allow from ${STRANGER} to any port 10101 proto tcp`],
    found: "wall-is-wider",
    evidence: /-s 192\.0\.2\.66\/32 .*--dport 10101 -j ACCEPT/,
  },
  {
    name: "an extra network around the right source, and the right rule gone",
    made: [
      "ufw allow from 203.0.113.0/24 to any port 10101 proto tcp",
      `ufw delete allow from ${TILL} to any port 10101 proto tcp`,
    ],
    found: "wall-is-wider",
    evidence: /-s 203\.0\.113\.0\/24/,
  },
  {
    name: "a missing rule in UFW",
    made: [`ufw delete allow from ${TILL} to any port 10101 proto tcp`],
    found: "allowed-but-blocked",
    evidence: /:INPUT DROP/,
  },
  {
    name: "a rule of UFW that refuses an allowed source",
    made: [`ufw prepend deny from ${TILL} to any port 10102`],
    found: "allowed-but-blocked",
    evidence: /-s 203\.0\.113\.7\/32 .*--dport 10102 -j DROP/,
  },
  {
    name: "a rule of UFW that refuses everybody",
    made: ["ufw prepend deny 10102/tcp"],
    found: "allowed-but-blocked",
    evidence: /--dport 10102 -j DROP/,
  },
  {
    name: "a rule without proto tcp",
    made: [`ufw delete allow from ${TILL} to any port 10101 proto tcp`, `ufw allow from ${TILL} to any port 10101`],
    found: "rule-opens-udp",
    evidence: /allow any 10101/,
  },
  {
    name: "a rule for a terminal that is gone",
    made: [`ufw allow from ${TILL} to any port 12201 proto tcp`],
    found: "rule-left-over",
    evidence: /allow tcp 12201/,
  },
  {
    name: "a rule loaded by hand, not in UFW's file",
    made: [`iptables -A ufw-user-input -s ${TILL} -p tcp --dport 10103 -j ACCEPT`],
    found: "ufw-not-loaded",
    evidence: /--dport 10103/,
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
  { name: "SSH open to all", made: ["ufw allow 22/tcp"], found: "ssh-open-to-all", evidence: /--dport 22 -j ACCEPT/ },
  {
    name: "SSH not open to who needs it",
    made: [`ufw delete allow from ${ADMIN} to any port 22 proto tcp`],
    found: "ssh-not-allowed",
    evidence: /INPUT DROP/,
  },
  {
    name: "a rule over IPv6",
    made: ["ufw allow from 2001:db8::1 to any port 10101 proto tcp"],
    found: "ipv6-opened",
    evidence: /2001:db8::1/,
  },
  {
    name: "a rule over IPv6 for all",
    made: ["ufw allow from ::/0 to any port 10101 proto tcp"],
    found: "ipv6-opened",
    evidence: /--dport 10101 -j ACCEPT/,
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

suite("firewalls that drifted: UFW", { skip, timeout: 280_000 }, () => {
  for (const drift of UFW_DRIFTS) {
    test(drift.name, async () => {
      await using walled = await gateway(...UFW);
      await driftAndMend(walled, drift);
    });
  }
});
