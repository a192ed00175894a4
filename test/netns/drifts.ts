/**
 * Firewalls of one gateway and one back-end machine as their inventories say, and how a drift is tried: made by the real
 * program, read by the real script, found by the audit, and mended by the command that the finding prints.
 */
import assert from "node:assert/strict";
import type { AuditCode } from "../../src/audit/catalogue.ts";
import { needs } from "../support/packages.ts";
import { textSubject } from "../render/subjects.ts";
import { ADMIN, GATEWAY, TILL, WalledHost } from "./walled-host.ts";

export const skip = needs(["iproute2", "nftables", "iptables", "ufw"], { root: true });

export const TERMINALS = textSubject(`
gateway: { address: ${GATEWAY} }
sources:
  odoo: { addresses: [${TILL}] }
  tills: { addresses: [203.0.113.16/28] }
  admin: { addresses: [${ADMIN}] }
ssh: { allow: [admin] }
depots:
  1: { allow: [odoo], terminals: { 1: {}, 2: { allow: [odoo, tills] } } }
`);

/** A back-end machine that leaves the judging to its firewall. */
export const MACHINE = textSubject(`
gateway: { address: 198.51.100.200 }
sources:
  admin: { addresses: [${ADMIN}] }
machines:
  proxy: { address: ${TILL} }
  prod: { address: ${GATEWAY} }
services:
  api: { machine: prod, port: 3021, allow: [proxy] }
`);

export const UFW = [
  `ufw allow from ${ADMIN} to any port 22 proto tcp`,
  `ufw allow from ${TILL} to any port 10101 proto tcp`,
  `ufw allow from ${TILL} to any port 10102 proto tcp`,
  "ufw allow from 203.0.113.16/28 to any port 10102 proto tcp",
  "ufw --force enable",
];

/** The second ring: before translation, new connections only, one set of senders and ports. */
export const RING = `nft -f - <<'RULES'
table inet ecluse {
  set ports { type inet_service; elements = { 22, 10101, 10102 } }
  set allowed {
    type ipv4_addr . inet_service
    flags interval
    elements = { ${TILL} . 10101, ${TILL} . 10102, 203.0.113.16/28 . 10102, ${ADMIN} . 22 }
  }
  chain ring {
    type filter hook prerouting priority raw; policy accept;
    iifname "lo" accept
    fib daddr type local tcp flags & (fin|syn|rst|ack) == syn tcp dport @ports ip saddr . tcp dport != @allowed counter drop
  }
}
RULES`;

export const DOCKER = [
  "iptables-nft -t nat -N DOCKER",
  "iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
  "iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 10101 -j DNAT --to-destination 198.51.100.1:8888",
  "iptables-nft -N DOCKER-USER",
  "iptables-nft -I FORWARD -j DOCKER-USER",
  "iptables-nft -A FORWARD -d 198.51.100.1/32 -p tcp -m tcp --dport 8888 -j ACCEPT",
];

export const TAILSCALE = [
  "iptables-nft -N ts-input",
  "iptables-nft -I INPUT -j ts-input",
  "iptables-nft -A ts-input -s 100.64.0.1/32 -i lo -j ACCEPT",
  "iptables-nft -A ts-input -s 100.115.92.0/23 ! -i tailscale0 -j RETURN",
  "iptables-nft -A ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP",
  "iptables-nft -A ts-input -i tailscale0 -j ACCEPT",
];

export interface Drift {
  readonly name: string;
  readonly made: readonly string[];
  readonly found: AuditCode;
  /** On what the evidence rests. */
  readonly evidence: RegExp;
}

export async function gateway(...made: readonly string[]): Promise<WalledHost> {
  const walled = await WalledHost.create();
  walled.sh(...made);
  await walled.hold([22, 10101, 10102]);
  return walled;
}

export async function machine(): Promise<WalledHost> {
  const walled = await WalledHost.create();
  walled.sh(`ufw allow from ${TILL} to any port 3021 proto tcp`, "ufw --force enable");
  await walled.hold([3021]);
  return walled;
}

/**
 * Found, and gone when the commands that its findings print have been run, each once; and when those of what is left have
 * been, too, the host is clean.
 */
export async function driftAndMend(walled: WalledHost, drift: Drift, host = "gateway"): Promise<void> {
  const subject = host === "gateway" ? TERMINALS : MACHINE;
  walled.sh(...drift.made);
  const findings = await walled.audit(subject, host);
  const finding = findings.find(({ code }) => code === drift.found);
  assert.ok(finding, `${drift.found} is not among ${JSON.stringify(findings, null, 2)}`);
  assert.match(finding.evidence.line, drift.evidence);
  const same = findings.filter(({ code }) => code === drift.found);
  const done = new Set(same.map(({ fix }) => fix));
  walled.sh(...done);
  const after = await walled.audit(subject, host);
  assert.ok(
    after.every(({ code }) => code !== drift.found),
    JSON.stringify({ fixes: [...done], after }, null, 2),
  );
  walled.sh(...new Set(after.map(({ fix }) => fix)));
  assert.deepEqual(await walled.audit(subject, host), [], JSON.stringify({ findings, after }, null, 2));
}
