/** Drifts of an nft ring, and of a back-end machine whose service leaves the judging to its firewall. */
import { suite, test } from "node:test";
import { type Drift, RING, TAILSCALE, driftAndMend, gateway, machine, skip } from "./drifts.ts";
import { STRANGER, TILL } from "./walled-host.ts";

const RING_DRIFTS: readonly Drift[] = [
  {
    name: "a widened set",
    made: [`nft add element inet ecluse allowed '{ ${STRANGER} . 10101 }'`],
    found: "wall-is-wider",
    evidence: /allowed: 192\.0\.2\.66 \. 10101/,
  },
  {
    name: "a wider network in the set",
    made: [`nft add element inet ecluse allowed '{ 203.0.113.32/27 . 10101-10102 }'`],
    found: "wall-is-wider",
    evidence: /203\.0\.113\.32\/27 \. 10101-10102/,
  },
  {
    name: "an element of the set gone",
    made: [`nft delete element inet ecluse allowed '{ ${TILL} . 10101 }'`],
    found: "allowed-but-blocked",
    evidence: /"drop"/,
  },
  {
    name: "everything accepted before the ring's rule",
    made: ["nft insert rule inet ecluse ring accept"],
    found: "wall-is-wider",
    evidence: /"accept"/,
  },
  {
    name: "a chain of its own that drops a source",
    made: [
      `nft 'table ip stop { chain in { type filter hook input priority -5; policy accept; ip saddr { ${TILL}, 203.0.113.99 } drop; }; }'`,
    ],
    found: "allowed-but-blocked",
    evidence: /203\.0\.113\.7/,
  },
  {
    name: "a verdict map that drops the port",
    made: [
      "nft 'table inet stop { chain in { type filter hook input priority 5; policy accept; tcp dport vmap { 10101 : drop, 80 : accept }; }; }'",
    ],
    found: "allowed-but-blocked",
    evidence: /vmap/,
  },
];

const MACHINE_DRIFTS: readonly Drift[] = [
  {
    name: "a stranger in the firewall of a service that does not judge",
    made: [`ufw allow from ${STRANGER} to any port 3021 proto tcp`],
    found: "open-to-others",
    evidence: /192\.0\.2\.66\/32/,
  },
  {
    name: "UFW off before a service that does not judge",
    made: ["ufw disable"],
    found: "ufw-off",
    evidence: /ENABLED=no/,
  },
  {
    name: "an nft table does not help UFW's hole",
    made: [
      "nft 'table inet everything { chain in { type filter hook input priority -10; policy accept; accept; }; }'",
      "iptables -I INPUT -p tcp --dport 3021 -j ACCEPT",
    ],
    found: "open-to-others",
    evidence: /--dport 3021 -j ACCEPT/,
  },
  {
    name: "Tailscale before a service that does not judge",
    made: TAILSCALE,
    found: "open-to-others",
    evidence: /ts-input/,
  },
];

suite("firewalls that drifted: nft and back-end machines", { skip, timeout: 280_000 }, () => {
  for (const drift of RING_DRIFTS) {
    test(`behind an nft ring: ${drift.name}`, async () => {
      await using walled = await gateway(RING);
      await driftAndMend(walled, drift);
    });
  }

  for (const drift of MACHINE_DRIFTS) {
    test(`a back-end machine: ${drift.name}`, async () => {
      await using walled = await machine();
      await driftAndMend(walled, drift, "prod");
    });
  }
});
