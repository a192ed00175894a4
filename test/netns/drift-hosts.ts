/**
 * The hosts that drift: each with its inventory and firewall, as they should be. What is done to them stands in
 * `drifts-list.ts`, who else is right in `clean-list.ts`.
 */
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { AuditFinding } from "../../src/audit/finding.ts";
import type { Subject } from "../../src/render/subject.ts";
import { textSubject } from "../render/subjects.ts";
import { needs } from "../support/packages.ts";
import { ADMIN, GATEWAY, TILL, WalledHost } from "./walled-host.ts";

export const skip = needs(["iproute2", "nftables", "iptables", "ufw", "socat"], { root: true });

export const kernelSkip = needs(["iproute2", "nftables", "iptables", "ufw", "socat", "conntrack"], { root: true });

/** What a host of this list can be told and asked. */
export interface DriftHost extends AsyncDisposable {
  /** Each line a command line of the host's root. */
  sh(...lines: readonly string[]): void;
  audit(): Promise<readonly AuditFinding[]>;
}

/** Why such a host cannot be here: its test is skipped, with that. */
export class CannotStart extends Error {}

/** Opens a host; `undefined`: there can be none here, and the test is skipped. */
export async function opened(open: () => Promise<DriftHost>, context: TestContext): Promise<DriftHost | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    context.skip(error.message);
    return undefined;
  }
}

const INVENTORY = `
gateway: { address: ${GATEWAY}, state: /run/ecluse/state, control: /run/ecluse/ecluse.sock }
sources:
  odoo: { addresses: [${TILL}] }
  tills: { addresses: [203.0.113.16/28] }
  admin: { addresses: [${ADMIN}] }
ssh: { allow: [admin] }
depots:
  1: { allow: [odoo], terminals: { 1: {}, 2: { allow: [odoo, tills] } } }
`;

export const TERMINALS = textSubject(INVENTORY);

const KERNEL = INVENTORY.replace("gateway: {", "gateway: { engine: kernel, kernel: { source: 100.64.0.1 },");

/** The same gateway, carried by the kernel. */
export const CARRIED = textSubject(KERNEL);

/** The same gateway where nothing is said of SSH. */
export const UNSAID = textSubject(INVENTORY.replace(/^ssh: .*\n/m, ""));

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

/** What dockerd writes for a published port. */
export const DOCKER = [
  "iptables-nft -t nat -N DOCKER",
  "iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
  "iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 10101 -j DNAT --to-destination 198.51.100.1:8888",
  "iptables-nft -N DOCKER-USER",
  "iptables-nft -I FORWARD -j DOCKER-USER",
  "iptables-nft -A FORWARD -d 198.51.100.1/32 -p tcp -m tcp --dport 8888 -j ACCEPT",
];

/** Behind it, only the till gets through the translation. */
export const DOCKER_USER = `iptables-nft -A DOCKER-USER -m conntrack --ctorigdstport 10101 ! -s ${TILL}/32 -p tcp -j DROP`;

/** What tailscaled writes; its interface is a cable here. */
export const TAILSCALE = [
  "iptables-nft -N ts-input",
  "iptables-nft -I INPUT -j ts-input",
  "iptables-nft -A ts-input -s 100.64.0.1/32 -i lo -j ACCEPT",
  "iptables-nft -A ts-input -s 100.115.92.0/23 ! -i tailscale0 -j RETURN",
  "iptables-nft -A ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP",
  "iptables-nft -A ts-input -i tailscale0 -j ACCEPT",
];

/** Rules that somebody wrote by hand. */
export function byHand(iptables: "iptables-nft" | "iptables-legacy"): readonly string[] {
  return [
    `${iptables} -A INPUT -i lo -j ACCEPT`,
    `${iptables} -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `${iptables} -A INPUT -s ${TILL} -p tcp -m multiport --dports 10101:10102 -m conntrack --ctstate NEW -j ACCEPT`,
    `${iptables} -A INPUT -m iprange --src-range 203.0.113.16-203.0.113.31 -p tcp --dport 10102 --syn -j ACCEPT`,
    `${iptables} -A INPUT ! -s ${ADMIN} -p tcp --dport 22 -j REJECT --reject-with tcp-reset`,
    `${iptables} -A INPUT -p tcp --dport 22 -j ACCEPT`,
    `${iptables} -P INPUT DROP`,
  ];
}

/** A machine whose own rules keep others from its service, with a policy that accepts. */
export const OWN_DROP = [
  "nft add table inet own",
  "nft add chain inet own in '{ type filter hook input priority filter; policy accept; }'",
  `nft add rule inet own in ip saddr != ${TILL} tcp dport 3021 drop`,
  "nft add rule inet own in meta nfproto ipv6 tcp dport 3021 drop",
];

/** A program holds the doors of the terminals, and SSH's. */
export async function gateway(made: readonly string[], held: Partial<Held> = {}): Promise<DriftHost> {
  return hold(made, { subject: TERMINALS, name: "gateway", ports: [22, 10101, 10102], ...held });
}

export async function machine(made: readonly string[] = MACHINE_UFW): Promise<DriftHost> {
  return hold(made, { subject: MACHINE, name: "prod", ports: [3021] });
}

/** A machine that only connects to others' services. */
export async function proxy(made: readonly string[]): Promise<DriftHost> {
  return hold(made, { subject: MACHINE, name: "proxy", ports: [443] });
}

const MACHINE_UFW = [`ufw allow from ${TILL} to any port 3021 proto tcp`, "ufw --force enable"];

interface Held {
  readonly subject: Subject;
  readonly name: string;
  readonly ports: readonly number[];
  /** Where its program listens. */
  readonly address?: string;
}

async function hold(made: readonly string[], { subject, name, ports, address }: Held): Promise<DriftHost> {
  const walled = await WalledHost.create();
  walled.sh(...made);
  await walled.hold(ports, address);
  return asDriftHost(walled, subject, name);
}

/** The gateway's own program behind the ring, with its inventory where the commands of fixes find it. */
export async function serving(made: readonly string[] = [RING]): Promise<ServingHost> {
  return served(await toServe(made));
}

/** The same with the kernel engine: its doors are no sockets. */
export async function carrying(made: readonly string[] = []): Promise<ServingHost> {
  return served(await toServe(["sysctl -qw net.ipv4.ip_forward=1", ...made], { inventory: KERNEL, subject: CARRIED }));
}

async function served(host: ServingHost): Promise<ServingHost> {
  const child = host.walled.host.start("/run/bin/ecluse", "serve", "--json");
  if (child.stdout !== null) await once(child.stdout, "data");
  child.stdout?.resume();
  return host;
}

/** The same before the gateway is started. */
export async function toServe(
  made: readonly string[],
  { inventory, subject }: Told = { inventory: INVENTORY, subject: TERMINALS },
): Promise<ServingHost> {
  const walled = await WalledHost.create();
  walled.sh(...made);
  walled.host.tell(inventory, "sh", "-c", "mkdir -p /etc/ecluse && cat > /etc/ecluse/ecluse.yaml");
  walled.host.tell(program(), "sh", "-c", "mkdir -p /run/bin && cat > /run/bin/ecluse && chmod +x /run/bin/ecluse");
  return { ...asDriftHost(walled, subject, "gateway"), walled };
}

interface Told {
  readonly inventory: string;
  readonly subject: Subject;
}

export interface ServingHost extends DriftHost {
  readonly walled: WalledHost;
}

/** What was compiled once is not compiled again, by any host: most of the time of a short command. */
const COMPILED = join(tmpdir(), "ecluse-tests-compiled");

function program(): string {
  const line = `${process.execPath} --conditions=source ${process.cwd()}/src/cli/ecluse.js`;
  return `#!/bin/sh
export ECLUSE_INVENTORY=/etc/ecluse/ecluse.yaml NODE_COMPILE_CACHE=${COMPILED}
exec ${line} "$@"
`;
}

function asDriftHost(walled: WalledHost, subject: Subject, name: string): DriftHost {
  return {
    sh: (...lines) => walled.sh(...lines),
    audit: () => walled.audit(subject, name),
    [Symbol.asyncDispose]: () => walled[Symbol.asyncDispose](),
  };
}
