/** Drifts of UFW's own rules, each on a host of its own: found, and mended by what is printed. */
import { suite, test } from "node:test";
import { type Drift, UFW, driftAndMend, gateway, skip } from "./drifts.ts";
import { ADMIN, STRANGER, TILL } from "./walled-host.ts";

const DRIFTS: readonly Drift[] = [
  { name: "UFW off", made: ["ufw disable"], found: "ufw-off", evidence: /ENABLED=no/ },
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
];

suite("firewalls that drifted: UFW", { skip, timeout: 280_000 }, () => {
  for (const drift of DRIFTS) {
    test(drift.name, async () => {
      await using walled = await gateway(...UFW);
      await driftAndMend(walled, drift);
    });
  }
});
