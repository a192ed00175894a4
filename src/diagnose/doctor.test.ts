import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type Changed,
  INVENTORY,
  SOUND,
  type TailscaleStatus,
  examined,
  failed,
  kernelRules,
  soundGateway,
  tailscaleStatus,
  way,
} from "../../test/support/sound-gateway.ts";
import { CHECKED, type DiagnosisCode } from "./catalogue.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { diagnose } from "./doctor.ts";

/** What is changed on a sound host, and what one check then says. */
interface Row {
  readonly when: string;
  readonly changed?: Changed;
  readonly inventory?: string;
  readonly state: Diagnosis["state"];
  readonly what: RegExp;
  readonly fix?: RegExp;
}

const NOT_ROOT = failed("exit 1: permission denied");
const NOT_INSTALLED = failed("exit 127: sh: 1: tailscale: not found");

const status = (change: (status: TailscaleStatus) => void): Changed => {
  const changed = tailscaleStatus();
  change(changed);
  return { tailscale: JSON.stringify(changed) };
};
const router = (fields: Readonly<Record<string, unknown>>): Changed =>
  status(({ Peer }) => void Object.assign(Peer["nodekey:first"], fields));
const kernel = (from: string, to: string): Changed => ({ kernel: SOUND.kernel.replace(from, to) });
const route = (...routes: readonly object[]): Changed => ({ routes: JSON.stringify(routes) });
const edited = (from: string, to: string): string => INVENTORY.replace(from, to);

const DEFAULT = { dst: "default", gateway: "198.51.100.1", dev: "eth0" };
const ACCEPTED = "-A INPUT -j ts-input\n-A INPUT -j ufw-before-input\n-A ts-input -i tailscale0 -j ACCEPT";
const PUBLISHED =
  '{"name":"/web","network":"bridge","ports":{"8888/tcp":[{"HostIp":"0.0.0.0","HostPort":"10101"},{"HostIp":"::","HostPort":"10101"}]}}';

const SHIELDED = edited("gateway:\n", "gateway:\n  shield: true\n");
const SHIELD_TABLE = '{"nftables": [{"table": {"family": "ip", "name": "ecluse_shield", "handle": 1}}]}';

const KERNEL = edited("gateway:\n", "gateway:\n  engine: kernel\n  kernel: { source: 100.64.0.10 }\n");

const TABLE: Readonly<Record<DiagnosisCode, readonly Row[]>> = {
  "kernel-table": [
    {
      when: "the kernel carries the doors",
      inventory: KERNEL,
      changed: { nftables: kernelRules() },
      state: "ok",
      what: /the kernel has the gateway's doors/,
    },
    {
      when: "there is no table",
      inventory: KERNEL,
      changed: { nftables: '{"nftables": []}' },
      state: "trouble",
      what: /no table of it/,
      fix: /ecluse status/,
    },
    {
      when: "the host does not forward",
      inventory: KERNEL,
      changed: { nftables: kernelRules(), kernel: `${SOUND.kernel}\n/proc/sys/net/ipv4/ip_forward:0` },
      state: "trouble",
      what: /does not forward/,
      fix: /ip_forward=1/,
    },
    {
      when: "it may not look",
      inventory: KERNEL,
      changed: { nftables: NOT_ROOT },
      state: "unknown",
      what: /was not read/,
    },
    {
      when: "a table was left behind, and the inventory has the relay",
      changed: { nftables: kernelRules() },
      state: "trouble",
      what: /stands before the relay's doors/,
      fix: /^nft delete table ip ecluse$/,
    },
  ],
  shield: [
    {
      when: "it is asked for and stands",
      inventory: SHIELDED,
      changed: { nftables: SHIELD_TABLE },
      state: "ok",
      what: /the kernel refuses strangers/,
    },
    {
      when: "it is asked for and does not stand",
      inventory: SHIELDED,
      changed: { nftables: '{"nftables": []}' },
      state: "trouble",
      what: /there is none/,
      fix: /CAP_NET_ADMIN/,
    },
    {
      when: "it stands, and nobody asks for it",
      changed: { nftables: SHIELD_TABLE },
      state: "trouble",
      what: /may shut out who is allowed/,
      fix: /^nft delete table ip ecluse_shield$/,
    },
    {
      when: "nobody may look",
      inventory: SHIELDED,
      changed: { nftables: NOT_ROOT },
      state: "unknown",
      what: /was not read/,
    },
  ],
  "docker-bypasses-ufw": [
    { when: "nothing is published", state: "ok", what: /no container has a port open/ },
    {
      when: "a port is published",
      changed: { docker: PUBLISHED },
      state: "trouble",
      what: /^2 published ports .* whatever UFW says$/,
      fix: /network_mode: host/,
    },
    {
      when: "UFW is off: nothing is said of it",
      changed: { docker: PUBLISHED, ufw: "Status: inactive" },
      state: "trouble",
      what: /reaches the host$/,
    },
    {
      when: "it is published on loopback",
      changed: { docker: PUBLISHED.replace("0.0.0.0", "127.0.0.1").replace('"::"', '"::1"') },
      state: "ok",
      what: /no container/,
    },
    {
      when: "the container has the host's network",
      changed: { docker: PUBLISHED.replace("bridge", "host") },
      state: "ok",
      what: /no container/,
    },
    {
      when: "the rules of ecluse render docker-user are loaded",
      changed: { docker: PUBLISHED, "iptables-nft": "-A DOCKER-USER -j ECLUSE\n-A ECLUSE -p tcp -j DROP" },
      state: "ok",
      what: /filtered before/,
    },
    {
      when: "the second ring is loaded",
      changed: { docker: PUBLISHED, nftables: '{"nftables":[{"table":{"family":"inet","name":"ecluse_ring"}}]}' },
      state: "ok",
      what: /filtered before/,
    },
    {
      when: "Docker may not be asked",
      changed: { docker: NOT_ROOT },
      state: "unknown",
      what: /not be asked/,
      fix: /root/,
    },
    { when: "there is no Docker", changed: { docker: NOT_INSTALLED }, state: "absent", what: /not be asked/ },
    {
      when: "Docker does not answer",
      changed: { docker: failed("exit 1: Cannot connect to the Docker daemon") },
      state: "unknown",
      what: /not be asked/,
      fix: /^see what this says: docker ps$/,
    },
    { when: "it was not read", changed: { docker: null }, state: "unknown", what: /not be asked/, fix: /again/ },
  ],
  "docker-over-depots": [
    { when: "its networks and pools are elsewhere", state: "ok", what: /no network over a depot/ },
    {
      when: "docker0 has its default, which holds every depot",
      changed: { "docker-networks": '{"name":"bridge","pools":[{"Subnet":"172.17.0.0/16","Gateway":"172.17.0.1"}]}' },
      state: "trouble",
      what: /networks over the depots/,
      fix: /bip/,
    },
    {
      when: "a network is inside the plan where the inventory has no depot",
      changed: { "docker-networks": '{"name":"web","pools":[{"Subnet":"172.17.50.0/24"}]}' },
      state: "ok",
      what: /no network over a depot/,
    },
    {
      when: "a network holds a router",
      changed: { "docker-networks": '{"name":"web","pools":[{"Subnet":"172.17.240.0/24"}]}' },
      state: "trouble",
      what: /networks over the depots/,
    },
    {
      when: "new networks come from Docker's own list",
      changed: { "docker-daemon": failed("exit 1: cat: /etc/docker/daemon.json: No such file or directory") },
      state: "trouble",
      what: /the next network over the depots: in 172\.17\.0\.0\/16/,
      fix: /default-address-pools/,
    },
    {
      when: "only bip is set",
      changed: { "docker-daemon": '{"bip":"10.200.0.1/24"}' },
      state: "trouble",
      what: /the next network/,
    },
    {
      when: "daemon.json may not be read",
      changed: { "docker-daemon": NOT_ROOT },
      state: "unknown",
      what: /new networks could not be read/,
      fix: /root/,
    },
    {
      when: "there is no Docker",
      changed: { "docker-networks": NOT_INSTALLED },
      state: "absent",
      what: /not be asked/,
    },
    {
      when: "Docker may not be asked",
      changed: { "docker-networks": NOT_ROOT },
      state: "unknown",
      what: /not be asked/,
    },
  ],
  "accept-routes": [
    { when: "RouteAll is set", state: "ok", what: /are accepted/ },
    {
      when: "RouteAll is not",
      changed: { "tailscale-prefs": '"RouteAll": false,' },
      state: "trouble",
      what: /are not accepted/,
      fix: /--accept-routes/,
    },
    {
      when: "access is denied",
      changed: { "tailscale-prefs": failed("exit 1: Access denied: prefs access denied") },
      state: "unknown",
      what: /could not be read/,
      fix: /^run it as root$/,
    },
    {
      when: "the answer did not come in time: root is not the reason",
      changed: { "tailscale-prefs": failed("no answer within 15 s") },
      state: "unknown",
      what: /could not be read/,
      fix: /^see what this says: tailscale-prefs$/,
    },
  ],
  "tunnel-state": [
    { when: "it runs", state: "ok", what: /Tailscale runs/ },
    {
      when: "it needs a login",
      changed: status((each) => (each.BackendState = "NeedsLogin")),
      state: "trouble",
      what: /does not run: NeedsLogin/,
    },
    {
      when: "tailscaled does not run",
      changed: { tailscale: failed("exit 1: failed to connect to local tailscaled; it doesn't appear to be running") },
      state: "trouble",
      what: /does not run$/,
      fix: /systemctl enable --now tailscaled/,
    },
    {
      when: "the socket may not be opened",
      changed: { tailscale: failed("exit 1: Access denied: status access denied") },
      state: "unknown",
      what: /could not be asked/,
      fix: /root/,
    },
    { when: "what it said is no status", changed: { tailscale: "oops" }, state: "unknown", what: /could not be asked/ },
    { when: "another tunnel is up", changed: { tailscale: NOT_INSTALLED }, state: "ok", what: /tailscale0 is up/ },
    {
      when: "another tunnel is not there",
      changed: { tailscale: NOT_INSTALLED, addresses: SOUND.addresses.replace("tailscale0", "wg0") },
      state: "trouble",
      what: /no interface tailscale0/,
    },
    {
      when: "another tunnel is down",
      changed: { tailscale: NOT_INSTALLED, addresses: SOUND.addresses.replace('["POINTOPOINT","UP"]', "[]") },
      state: "trouble",
      what: /tailscale0 is down/,
    },
    {
      when: "of another tunnel nothing could be read",
      changed: { tailscale: NOT_INSTALLED, addresses: failed("exit 127: ip: not found") },
      state: "unknown",
      what: /could not be read/,
    },
  ],
  "depot-router": [
    {
      when: "a router announces them, and is online",
      state: "ok",
      what: /router announces depots 1, 22, and is online/,
    },
    {
      when: "only AllowedIPs say so, as other control planes do",
      changed: router({ PrimaryRoutes: undefined }),
      state: "ok",
      what: /announces depots 1, 22/,
    },
    {
      when: "nobody announces them; an exit node does not count",
      changed: router({ PrimaryRoutes: undefined, AllowedIPs: ["100.64.0.20/32"] }),
      state: "trouble",
      what: /no router announces depots 1, 22/,
    },
    {
      when: "the most specific route decides, though its router is offline",
      changed: status(({ Peer }) => {
        Peer["nodekey:first"]["PrimaryRoutes"] = ["172.17.0.0/16"];
        Peer["nodekey:second"]["PrimaryRoutes"] = ["172.17.1.0/24", "172.17.22.0/24"];
      }),
      state: "trouble",
      what: /the router of depots 1, 22, laptop, is offline/,
    },
    {
      when: "it is offline",
      changed: router({ Online: false }),
      state: "trouble",
      what: /^the router of depots 1, 22, router, is offline$/,
      fix: /its line/,
    },
    {
      when: "whether it is online is not said",
      changed: router({ Online: undefined }),
      state: "unknown",
      what: /is online could not be read/,
      fix: /tailscale ping router/,
    },
  ],
  "key-expiry": [
    { when: "the host's own lasts", state: "ok", what: /key of gateway ends on 2027-05-01/ },
    {
      when: "the host's own has no end: KeyExpiry is absent",
      changed: status(({ Self }) => {
        delete Self["KeyExpiry"];
      }),
      state: "ok",
      what: /key of gateway never ends/,
    },
    {
      when: "it ends within thirty days",
      changed: status(({ Self }) => void (Self["KeyExpiry"] = "2026-12-20T00:00:00Z")),
      state: "trouble",
      what: /key of gateway ends on 2026-12-20/,
      fix: /on gateway: tailscale up --force-reauth/,
    },
    {
      when: "a router's ends",
      changed: router({ KeyExpiry: "2026-12-20T00:00:00Z" }),
      state: "trouble",
      what: /key of router ends on/,
    },
    { when: "a router's has ended", changed: router({ Expired: true }), state: "trouble", what: /router has ended/ },
  ],
  "relayed-path": [
    { when: "the path is direct", state: "ok", what: /is direct/ },
    {
      when: "it is not",
      changed: router({ CurAddr: "" }),
      state: "trouble",
      what: /through the relay par/,
      fix: /41641/,
    },
  ],
  "single-router": [
    { when: "there are two", state: "ok", what: /2 subnet routers/ },
    {
      when: "there is one",
      inventory: edited("172.17.240.1, ", ""),
      state: "trouble",
      what: /there is one subnet router/,
    },
    {
      when: "none is named",
      inventory: edited("172.17.240.1, 172.17.240.2", ""),
      state: "trouble",
      what: /names no subnet router/,
    },
  ],
  "way-to-terminals": [
    { when: "the ways leave by the tunnel", state: "ok", what: /way to depots 1, 22 leaves by tailscale0/ },
    {
      when: "they leave by the default route",
      changed: { ways: `${way(1, "eth0")}${way(22, "eth0")}` },
      state: "trouble",
      what: /way to depots 1, 22 leaves by eth0, not by tailscale0/,
    },
    {
      when: "the guard route holds",
      changed: { ways: `${way(1, "tailscale0")}== 22 172.17.22.10\nRTNETLINK answers: No route to host\n` },
      state: "trouble",
      what: /there is no way to depot 22/,
    },
    {
      when: "ip is not installed",
      changed: { ways: "== 1 172.17.1.10\nsh: 1: ip: not found\n== 22 172.17.22.10\nsh: 1: ip: not found\n" },
      state: "unknown",
      what: /packets to depots 1, 22 leave could not be read/,
    },
    {
      when: "nothing was read",
      changed: { ways: null },
      state: "unknown",
      what: /depots 1, 22 leave could not be read/,
    },
  ],
  "way-without-tunnel": [
    { when: "there is a guard route", state: "ok", what: /packets to depots 1, 22 go nowhere/ },
    {
      when: "there is no route at all",
      changed: route({ dst: "198.51.100.0/24", dev: "eth0" }),
      state: "ok",
      what: /nowhere/,
    },
    {
      when: "the default route is all there is",
      changed: route(DEFAULT),
      state: "trouble",
      what: /depots 1, 22 would leave by eth0/,
      fix: /^ip route add unreachable 172\.17\.0\.0\/16 metric 4278198272$/,
    },
    {
      when: "docker0 has the same network with a smaller metric",
      changed: route(
        { type: "unreachable", dst: "172.17.0.0/16", metric: 4_278_198_272 },
        { dst: "172.17.0.0/16", dev: "docker0" },
      ),
      state: "trouble",
      what: /would leave by docker0/,
    },
    {
      when: "the tunnel's own route in the main table goes with it",
      changed: route({ dst: "172.17.22.0/24", dev: "tailscale0" }, DEFAULT),
      state: "trouble",
      what: /depots 1, 22 would leave by eth0/,
    },
    {
      when: "a terminal is outside the plan's network",
      changed: route(DEFAULT),
      inventory: `${edited("22: { allow: [odoo], terminals: 5 }", "22: { allow: [odoo], terminals: { 1: { address: 10.9.8.7 } } }")}
exceptions: [{ rule: terminal-outside-network, on: depot22-tpe01, reason: old line }]`,
      state: "trouble",
      what: /depots 1, 22 would leave by eth0/,
      fix: /172\.17\.0\.0\/16 metric \d+; ip route add unreachable 10\.9\.8\.7 metric/,
    },
    {
      when: "an IPv6 default is none of ours",
      changed: route({ ...DEFAULT, gateway: "fe80::1" }, { dst: "198.51.100.0/24", dev: "eth0" }),
      state: "ok",
      what: /nowhere/,
    },
    {
      when: "routes could not be read",
      changed: { routes: failed("exit 127") },
      state: "unknown",
      what: /could not be read/,
    },
  ],
  "tunnel-before-ufw": [
    { when: "UFW comes first", state: "ok", what: /UFW is asked about what comes by tailscale0/ },
    {
      when: "Tailscale's chain comes first",
      changed: { "iptables-nft": ACCEPTED },
      state: "trouble",
      what: /accepted before UFW is asked/,
      fix: /render nftables/,
    },
    {
      when: "the second ring is loaded",
      changed: { "iptables-nft": ACCEPTED, nftables: '{"nftables":[{"table":{"name":"ecluse_ring"}}]}' },
      state: "ok",
      what: /second ring judges/,
    },
    { when: "UFW is off", changed: { ufw: "Status: inactive" }, state: "absent", what: /not active/ },
    {
      when: "the rules could not be read",
      changed: { "iptables-nft": failed("exit 4: Permission denied (you must be root)") },
      state: "unknown",
      what: /could not be read/,
      fix: /root/,
    },
  ],
  mtu: [
    { when: "it is Tailscale's", state: "ok", what: /MTU of 1280/ },
    {
      when: "it is larger",
      changed: { addresses: SOUND.addresses.replace("1280", "1420") },
      state: "trouble",
      what: /MTU of 1420, more than the 1280/,
      fix: /ip link set tailscale0 mtu 1280/,
    },
    {
      when: "it is WireGuard's own",
      changed: { addresses: SOUND.addresses.replace("1280", "1420"), tailscale: NOT_INSTALLED },
      state: "ok",
      what: /MTU of 1420/,
    },
    { when: "links could not be read", changed: { addresses: "" }, state: "unknown", what: /could not be read/ },
  ],
  descriptors: [
    { when: "the kernel carries the sessions", inventory: KERNEL, state: "absent", what: /they take none/ },
    { when: "there are enough", state: "ok", what: /524288 descriptors are enough/ },
    {
      when: "there is no limit",
      changed: { limits: SOUND.limits.replace("524288", "unlimited") },
      state: "ok",
      what: /unlimited/,
    },
    {
      when: "there are too few",
      changed: { limits: SOUND.limits.replace("524288", "4096") },
      state: "trouble",
      what: /may open 4096 descriptors; 7 doors and 4096 sessions take 8263/,
      fix: /LimitNOFILE=8263/,
    },
    { when: "no gateway runs", changed: { sockets: "" }, state: "absent", what: /no gateway runs/ },
    { when: "its process is not named to us", changed: { owners: "" }, state: "unknown", what: /could not be read/ },
  ],
  conntrack: [
    { when: "there is room", state: "ok", what: /room for 262144/ },
    {
      when: "it is small",
      changed: kernel("262144", "8192"),
      state: "trouble",
      what: /8192 places; 16384 may be needed/,
      fix: /max=16384/,
    },
    {
      when: "it is full",
      changed: kernel("count:812", "count:250000"),
      state: "trouble",
      what: /250000 of 262144/,
      fix: /max=524288/,
    },
    {
      when: "there is none",
      changed: kernel("nf_conntrack_max", "other"),
      state: "absent",
      what: /nothing here keeps/,
    },
    { when: "nothing was read", changed: { kernel: "" }, state: "unknown", what: /could not be read/ },
  ],
  "ephemeral-range": [
    { when: "it is the kernel's own", state: "ok", what: /use 32768 to 60999/ },
    {
      when: "it holds the plan",
      changed: kernel("32768", "1024"),
      state: "trouble",
      what: /ports of the plan/,
      fix: /32768 60999/,
    },
    {
      when: "the plan is reserved",
      changed: kernel(
        "32768\t60999\n/proc/sys/net/ipv4/ip_local_reserved_ports:",
        "1024\t60999\n/proc/sys/net/ipv4/ip_local_reserved_ports:10101-17299",
      ),
      state: "ok",
      what: /use 1024/,
    },
    {
      when: "an alias is in it",
      inventory: `${edited("terminals: 5", "terminals: { 1: { aliases: [40001] } }")}
exceptions: [{ rule: port-outside-plan, on: depot22-tpe01, reason: old till }]`,
      state: "trouble",
      what: /among them the doors 40001/,
      fix: /reserved_ports=40001/,
    },
    { when: "nothing was read", changed: { kernel: "" }, state: "unknown", what: /could not be read/ },
  ],
  "reverse-path": [
    { when: "it is loose", state: "ok", what: /takes answers/ },
    {
      when: "it is strict, and the ways leave by the tunnel",
      changed: kernel("all/rp_filter:2", "all/rp_filter:1"),
      state: "ok",
      what: /strict, and every way/,
    },
    {
      when: "it is strict, and a way does not",
      changed: { ...kernel("all/rp_filter:2", "all/rp_filter:1"), ways: `${way(1, "tailscale0")}${way(22, "eth0")}` },
      state: "trouble",
      what: /strict reverse-path filter/,
      fix: /all\.rp_filter=2/,
    },
    {
      when: "it is strict, and the ways are not known",
      changed: { ...kernel("all/rp_filter:2", "all/rp_filter:1"), ways: null },
      state: "unknown",
      what: /could not be read/,
    },
    {
      when: "there is no such interface",
      changed: kernel("tailscale0", "wg0"),
      state: "absent",
      what: /no interface tailscale0/,
    },
    { when: "nothing was read", changed: { kernel: "" }, state: "unknown", what: /could not be read/ },
  ],
  "gateway-address": [
    { when: "the host has it", state: "ok", what: /has 198\.51\.100\.10/ },
    {
      when: "the host does not",
      changed: { addresses: SOUND.addresses.replace("198.51.100.10", "198.51.100.11") },
      state: "trouble",
      what: /does not have 198\.51\.100\.10/,
    },
    { when: "addresses could not be read", changed: { addresses: "" }, state: "unknown", what: /could not be read/ },
  ],
  clock: [
    { when: "NTP sets it", state: "ok", what: /is set by NTP/ },
    { when: "NTP does not", changed: { clock: "NTP=no\nNTPSynchronized=no" }, state: "trouble", what: /is not set/ },
    {
      when: "there is no systemd: root is not the reason",
      changed: { clock: NOT_INSTALLED },
      state: "unknown",
      what: /could not be read/,
      fix: /by hand/,
    },
  ],
  "ssh-rule": [
    { when: "there is one", state: "ok", what: /lets administrators in/ },
    {
      when: "all ports are open to them",
      changed: { "ufw-rules": "### tuple ### allow any any 0.0.0.0/0 any 192.0.2.10 in" },
      state: "ok",
      what: /lets/,
    },
    {
      when: "it stands in a range",
      changed: { "ufw-rules": "### tuple ### limit tcp 20:23,80 0.0.0.0/0 any 0.0.0.0/0 in" },
      state: "ok",
      what: /lets/,
    },
    {
      when: "only outgoing SSH is allowed",
      changed: { "ufw-rules": "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 out" },
      state: "trouble",
      what: /no rule/,
    },
    {
      when: "there is none",
      changed: { "ufw-rules": "### tuple ### allow tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in" },
      state: "trouble",
      what: /no rule lets anybody in by SSH \(port 22\)/,
    },
    {
      when: "sshd listens elsewhere",
      changed: {
        sockets: SOUND.sockets.replace("2775", "08AE"),
        programs: "/proc/77/comm:sshd",
        "ufw-rules": "### tuple ### allow tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in",
      },
      state: "ok",
      what: /lets/,
    },
    { when: "UFW is not installed", changed: { ufw: "" }, state: "absent", what: /not active/ },
    {
      when: "UFW tells root only",
      changed: {
        ufw: { text: "/etc/ufw/ufw.conf:ENABLED=yes", failed: "exit 1: ERROR: You need to be root to run this script" },
      },
      state: "unknown",
      what: /whether UFW is active/,
      fix: /root/,
    },
    {
      when: "its rules may not be read",
      changed: { "ufw-rules": NOT_ROOT },
      state: "unknown",
      what: /rules could not be read/,
      fix: /root/,
    },
  ],
  "inventory-mode": [
    { when: "others cannot read it", state: "ok", what: /others cannot read/ },
    {
      when: "others can",
      changed: { "inventory-file": "644 ecluse root /etc/ecluse/ecluse.yaml" },
      state: "trouble",
      what: /can be read by others/,
      fix: /chmod 640 '\/etc/,
    },
    {
      when: "the group may write",
      changed: { "inventory-file": "660 ecluse root /etc/e.yaml" },
      state: "trouble",
      what: /can be written/,
    },
    {
      when: "an included file is open",
      changed: { "inventory-file": "640 e e /a.yaml\n604 e e /b.yaml" },
      state: "trouble",
      what: /\/b\.yaml can be read/,
    },
    {
      when: "it could not be read",
      changed: { "inventory-file": failed("exit 1: stat: No such file") },
      state: "unknown",
      what: /could not be read/,
    },
  ],
};

suite("doctor", () => {
  for (const [code, rows] of Object.entries(TABLE)) {
    for (const { when, changed, inventory, state, what, fix = /^/ } of rows) {
      test(`${code}: ${when}: ${state}`, () => {
        const said = diagnose(examined(changed, inventory)).filter((each) => each.code === code);
        const found = said.find((each) => each.state === state && what.test(each.what));
        assert.ok(found, `said ${JSON.stringify(said)}`);
        assert.match(found.fix, fix);
        if (state !== "trouble")
          assert.deepEqual(
            said.filter((each) => each.state === "trouble"),
            [],
          );
      });
    }
  }

  test("the table shows every check in trouble and, where it can be, in order", () => {
    for (const code of Object.keys(CHECKED)) {
      const states = new Set(TABLE[code as DiagnosisCode].map(({ state }) => state));
      assert.ok(states.has("ok") && states.has("trouble"), code);
    }
  });

  test("a sound host has no trouble, and nothing is unknown", () => {
    assert.deepEqual(
      diagnose(examined()).filter(({ state }) => state !== "ok"),
      [],
    );
  });

  test("of a host of which nothing was read nothing is fine but what the inventory says", () => {
    const nothing = Object.fromEntries(soundGateway().readings.map(({ id }) => [id, null]));
    const said = diagnose(examined(nothing));
    assert.deepEqual(
      said.filter(({ state }) => state === "ok").map(({ code }) => code),
      ["single-router"],
    );
    assert.equal(
      said.some(({ fix }) => fix === "run it as root"),
      false,
    );
  });

  test("depots on loopback are behind no tunnel", () => {
    const inventory = INVENTORY.replace("172.17.0.0/16", "127.17.0.0/16");
    const said = diagnose(
      examined(
        { tailscale: NOT_INSTALLED, ways: null },
        `${inventory}exceptions: [{ rule: terminal-on-loopback, on: "depot*", reason: trial }]`,
      ),
    );
    const tunnelled = ["tunnel-state", "depot-router", "way-to-terminals", "way-without-tunnel", "mtu", "reverse-path"];
    assert.deepEqual(
      said.filter(({ code }) => tunnelled.includes(code)),
      [],
    );
  });

  test("names from elsewhere cannot steer the terminal", () => {
    const said = diagnose(examined(router({ HostName: "\u001B[2Jrouter", Online: false })));
    const printed = said.map(({ what, evidence, fix }) => what + evidence.line + fix).join();
    assert.equal(printed.includes("\u001B"), false);
    assert.ok(printed.includes("\\u{1b}[2Jrouter"));
  });
});
