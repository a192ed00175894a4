/**
 * The three formats of ufw, as the real ufw writes them, give one inventory.
 *
 * ufw runs in a network namespace and a mount namespace of its own, on a copy of /etc/ufw: neither the machine's rules nor
 * its packets are touched.
 */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { importInventory } from "../../src/inventory/import/import.ts";
import { needs } from "../support/packages.ts";

const RULES = [
  "allow from 192.0.2.10 to any port 22 proto tcp comment 'Admin’s desk'",
  "allow from 203.0.113.7 to any port 10101",
  "allow proto tcp from 203.0.113.16/28 to any port 10101 comment 'odoo'",
  "allow from 203.0.113.7 to 198.51.100.10 port 12201 proto tcp",
  "allow proto tcp from 203.0.113.7 to any port 10102:10103",
  "deny from 203.0.113.66",
  "limit 443/tcp",
  "allow 12202/tcp",
  "allow 41641/udp",
  "allow in on eth0 to any port 9090 proto tcp",
  "allow from 2001:db8::7 to any port 10101 proto tcp",
  "route allow from 203.0.113.7 to 172.17.1.10 port 8888 proto tcp",
];

const COMPOSE = `services:
${[10101, 10102, 10103, 12201, 12202]
  .map(
    (port) =>
      `  p${port}: { command: 172.17.${Math.floor(port / 100) % 100}.${9 + (port % 100)} 8888, ports: ["${port}:8888"] }\n`,
  )
  .join("")}`;

const skip = needs(["ufw", "iptables"], { root: true });

test("ufw: its record, its commands and its table are read alike", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-ufw-"));
  try {
    const script = `set -eu
export LC_ALL=C
cp -a /etc/ufw '${folder}/etc'
mount --bind '${folder}/etc' /etc/ufw
mount -t tmpfs none /run
ufw --force enable
${RULES.map((rule) => `ufw ${rule}`).join("\n")}
cat /etc/ufw/user.rules /etc/ufw/user6.rules > '${folder}/tuples'
ufw show added > '${folder}/added'
ufw status numbered > '${folder}/status'
`;
    writeFileSync(join(folder, "script"), script);
    execFileSync("unshare", ["--mount", "--net", "sh", join(folder, "script")], { stdio: "pipe" });
    const [tuples, added, status] = ["tuples", "added", "status"].map((name) => imported(folder, name));
    assert.match(tuples ?? "", /from-192\.0\.2\.10: \{ addresses: \[ 192\.0\.2\.10 \], reason: Admin’s desk \}/);
    assert.match(tuples ?? "", /^ssh: \{ allow: \[ from-192\.0\.2\.10 \] \}$/m);
    assert.match(tuples ?? "", /^ {6}1: \{ allow: \[ from-203\.0\.113\.7, from-203\.0\.113\.16-28 \] \}$/m);
    assert.equal(added, tuples);
    assert.equal(status, tuples);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function imported(folder: string, name: string): string | undefined {
  const { inventory, findings } = importInventory(
    [
      { format: "compose", name: "compose.yml", content: COMPOSE },
      { format: "ufw", name: "rules", content: readFileSync(join(folder, name)) },
    ],
    { address: parseAddress("198.51.100.10") as Ipv4, sources: [], profiles: [], repair: false, now: 0 },
  );
  assert.ok(inventory !== undefined, JSON.stringify(findings));
  return inventory;
}
