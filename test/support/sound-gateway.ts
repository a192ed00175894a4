/**
 * The facts of a gateway in which nothing is wrong, from which each test takes something away.
 *
 * What `ip`, `ufw` and `iptables-save` print has the form that those of Debian 12 print; Docker's and Tailscale's is built on
 * their documented structures, not recorded.
 */
import { readFileSync } from "node:fs";
import { type Audited, auditedOf } from "../../src/audit/audited.ts";
import type { HostFacts, Reading } from "../../src/audit/facts.ts";
import { readFrom } from "../../src/inventory/read.ts";
import type { Inventory } from "../../src/inventory/model.ts";
import { compile } from "../../src/policy/compile.ts";

export const AT = Date.parse("2026-11-22T12:00:00Z");

export const INVENTORY = `
gateway:
  address: 198.51.100.10
  terminals: { network: 172.17.0.0/16, firstHost: 10, port: 8888 }
  tunnel: { interface: tailscale0, routers: [172.17.240.1, 172.17.240.2] }
sources:
  odoo: { addresses: [203.0.113.7] }
depots:
  1: { allow: [odoo], terminals: 2 }
  22: { allow: [odoo], terminals: 5 }
`;

/** `tailscale status --json`; read anew each time, to be changed. */
export function tailscaleStatus(): TailscaleStatus {
  return JSON.parse(readFileSync("test/fixtures/audit/tailscale-status.json", "utf8")) as TailscaleStatus;
}

export interface TailscaleStatus {
  BackendState?: string;
  Self: Record<string, unknown>;
  Peer: { "nodekey:first": Record<string, unknown>; "nodekey:second": Record<string, unknown> };
}

const LINKS = [
  { ifname: "lo", flags: ["LOOPBACK", "UP", "LOWER_UP"], mtu: 65_536, addr_info: [{ local: "127.0.0.1" }] },
  { ifname: "eth0", flags: ["BROADCAST", "UP", "LOWER_UP"], mtu: 1_500, addr_info: [{ local: "198.51.100.10" }] },
  { ifname: "tailscale0", flags: ["POINTOPOINT", "UP"], mtu: 1_280, addr_info: [{ local: "100.64.0.10" }] },
];

const ROUTES = [
  { dst: "default", gateway: "198.51.100.1", dev: "eth0", flags: [] },
  { dst: "default", gateway: "fe80::1", dev: "eth0", metric: 1_024, flags: [], pref: "medium" },
  { dst: "198.51.100.0/24", dev: "eth0", protocol: "kernel", scope: "link", flags: [] },
  { type: "unreachable", dst: "172.17.0.0/16", metric: 4_278_198_272, flags: [] },
  { dst: "172.17.22.0/24", dev: "tailscale0", table: "52", flags: [] },
];

/** What `ip -j route get` prints of a depot that is reached by an interface. */
export function way(depot: number, dev: string): string {
  return `== ${depot} 172.17.${depot}.10\n[{"dst":"172.17.${depot}.10","dev":"${dev}","table":"52","flags":[],"uid":0}]\n`;
}

export const SOUND = {
  addresses: JSON.stringify(LINKS),
  routes: JSON.stringify(ROUTES),
  ways: `${way(1, "tailscale0")}${way(22, "tailscale0")}`,
  tailscale: JSON.stringify(tailscaleStatus()),
  "tailscale-prefs": '\t"RouteAll": true,\n\t"WantRunning": true,',
  docker: "",
  "docker-networks": '{"name":"bridge","driver":"bridge","pools":[{"Subnet":"10.200.0.0/24"}]}',
  "docker-daemon": '{"bip":"10.200.0.1/24","default-address-pools":[{"base":"10.201.0.0/16","size":24}]}',
  ufw: "/etc/ufw/ufw.conf:ENABLED=yes\nStatus: active\nLogging: on (low)",
  "ufw-rules": "### tuple ### allow tcp 22 0.0.0.0/0 any 192.0.2.10 in",
  "iptables-nft": "-A INPUT -j ufw-before-input",
  nftables: '{"nftables":[]}',
  kernel: [
    "/proc/sys/net/ipv4/ip_local_port_range:32768\t60999",
    "/proc/sys/net/ipv4/ip_local_reserved_ports:",
    "/proc/sys/net/ipv4/conf/all/rp_filter:2",
    "/proc/sys/net/ipv4/conf/tailscale0/rp_filter:0",
    "/proc/sys/net/netfilter/nf_conntrack_max:262144",
    "/proc/sys/net/netfilter/nf_conntrack_count:812",
  ].join("\n"),
  // 2775 is 10101, as /proc/net/tcp writes it.
  sockets:
    "== net:[4026531840] tcp self\n   0: 0A6433C6:2775 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1",
  owners: "/proc/77/fd/20 socket:[41]",
  programs: "/proc/77/comm:node",
  limits: "/proc/77/limits:Max open files            1024                 524288               files     ",
  clock: "NTP=yes\nNTPSynchronized=yes",
  "inventory-file": "640 ecluse root /etc/ecluse/ecluse.yaml",
} as const;

/** A reading as it was, failed, or (`null`) not taken at all. */
export type Changed = Readonly<Partial<Record<keyof typeof SOUND, string | Pick<Reading, "text" | "failed"> | null>>>;

export function soundGateway(changed: Changed = {}): HostFacts {
  const texts: Changed = { ...SOUND, ...changed };
  const readings = Object.entries(texts).flatMap(([id, given]): readonly Reading[] => {
    if (given === null) return [];
    return [{ id, source: id, ...(typeof given === "string" ? { text: given } : given) }];
  });
  return { format: 1, host: "gateway", taken: new Date(AT).toISOString(), readings };
}

export function failed(reason: string): Pick<Reading, "text" | "failed"> & { readonly failed: string } {
  return { text: "", failed: reason };
}

export function inventoryFrom(text: string): Inventory {
  const disk = { read: () => Buffer.from(text), list: () => [] };
  const { inventory, findings } = readFrom("ecluse.yaml", disk, AT);
  if (inventory === undefined) throw new TypeError(`not a sound inventory: ${JSON.stringify(findings)}`);
  return inventory;
}

export function examined(changed: Changed = {}, text: string = INVENTORY): Audited {
  const inventory = inventoryFrom(text);
  return auditedOf(soundGateway(changed), { inventory, policy: compile(inventory), at: AT });
}
