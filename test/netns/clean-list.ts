/** Hosts that are right, in many honest ways: an audit has not a word to say of any. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dockerGateway, dockerSkip } from "./docker-host.ts";
import {
  DOCKER,
  DOCKER_USER,
  type DriftHost,
  OWN_DROP,
  RING,
  TAILSCALE,
  UFW,
  UNSAID,
  byHand,
  carrying,
  gateway,
  kernelSkip,
  machine,
  opened,
  proxy,
  serving,
  skip,
} from "./drift-hosts.ts";
import { systemdMachine, systemdSkip } from "./systemd-host.ts";
import { ADMIN, GATEWAY, TILL } from "./walled-host.ts";

export interface CleanHost {
  readonly name: string;
  readonly open: () => Promise<DriftHost>;
  /** Done once it is up: other programs of the same host. */
  readonly made?: readonly string[];
  readonly skip: string | false;
}

const RULES: Readonly<Record<string, readonly string[]>> = {
  "UFW as the inventory says": UFW,
  "UFW with a limit on SSH": [...UFW, `ufw limit from ${ADMIN} to any port 22 proto tcp`],
  "UFW with logging, and a rule for something else": [...UFW, "ufw logging high", "ufw allow 8443/tcp"],
  "UFW for one address of the host, by multiport": [
    ...UFW.slice(0, 1),
    `ufw allow from ${TILL} to ${GATEWAY} port 10101,10102 proto tcp`,
    `ufw allow from 203.0.113.16/28 to ${GATEWAY} port 10102 proto tcp`,
    "ufw --force enable",
  ],
  "UFW, and a list of the banned before it": [
    ...UFW,
    "iptables -N f2b-sshd; iptables -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd",
    "iptables -A f2b-sshd -s 192.0.2.77 -j REJECT; iptables -A f2b-sshd -j RETURN",
  ],
  "the ring alone": [RING],
  "UFW and the ring": [...UFW, RING],
  "the ring, and an accept of the legacy backend that it overrules": [
    RING,
    "iptables-legacy -I INPUT -p tcp --dport 10101 -j ACCEPT",
  ],
  "the ring before Docker and Tailscale": [RING, ...DOCKER, ...TAILSCALE],
  "UFW, and a translation that DOCKER-USER judges": [...UFW, ...DOCKER, DOCKER_USER],
  "rules by hand, iptables-nft": byHand("iptables-nft"),
  "rules by hand, iptables-legacy": byHand("iptables-legacy"),
  "rules of one's own in nft": [
    `nft -f - <<'RULES'
    table inet filter {
      map doors { type ipv4_addr . inet_service : verdict; flags interval; elements = { ${TILL} . 10101-10102 : accept, 203.0.113.16/28 . 10102 : accept } }
      chain tcp_in { ip saddr . tcp dport vmap @doors; ip saddr ${ADMIN} tcp dport ssh ct state new limit rate 10/minute accept; }
      chain input {
        type filter hook input priority filter; policy drop;
        ct state vmap { established : accept, related : accept, invalid : drop }
        iif lo accept
        ip protocol icmp accept
        meta l4proto tcp goto tcp_in
      }
    }
RULES`,
  ],
};

/** A program holds the ports. */
export const FIREWALLS: readonly CleanHost[] = [
  ...Object.entries(RULES).map(([name, made]) => ({ name, open: () => gateway(made), skip })),
  { name: "no firewall, and the gateway judges", open: () => gateway([], { subject: UNSAID }), skip },
  {
    name: "no firewall, and a list of the banned",
    open: () =>
      gateway(
        [
          "iptables -N f2b-sshd; iptables -I INPUT -p tcp -m multiport --dports 22,10101 -j f2b-sshd",
          "iptables -A f2b-sshd -s 192.0.2.77 -j REJECT; iptables -A f2b-sshd -j RETURN",
        ],
        { subject: UNSAID },
      ),
    skip,
  },
  {
    name: "IPv4 sockets in the words of IPv6",
    open: () => gateway(UFW, { address: `::ffff:${GATEWAY}` }),
    skip,
  },
  { name: "a back-end machine whose UFW lets in the proxy alone", open: () => machine(), skip },
  { name: "a back-end machine with a deny of its own", open: () => machine(OWN_DROP), skip },
  {
    name: "the proxy, open to all at its own port",
    open: () => proxy(["ufw allow 443/tcp; ufw --force enable"]),
    skip,
  },
];

/** Programs that are nobody's door: one for this host alone at a port of the plan, one where UFW lets nobody in. */
const OTHERS = [
  "socat TCP-LISTEN:11211,bind=127.0.0.1,fork EXEC:cat </dev/null >/dev/null 2>&1 &",
  "socat TCP-LISTEN:8443,fork EXEC:cat </dev/null >/dev/null 2>&1 &",
  "socat UDP-LISTEN:5353,fork EXEC:cat </dev/null >/dev/null 2>&1 &",
  'for port in 11211 8443; do until ss -Htln "sport = :$port" | grep -q .; do :; done; done',
];

export const PROGRAMS: readonly CleanHost[] = [
  {
    name: "a gateway that serves behind the UFW that Ecluse renders, beside programs of no door",
    open: () => serving([]),
    made: ["ecluse render ufw --out DIR/ && sh DIR/ufw/ecluse-ufw.sh", ...OTHERS],
    skip,
  },
  {
    name: "a gateway that serves behind the ring that Ecluse renders",
    open: () => serving([]),
    made: ["ecluse render nftables --out DIR/ && nft -f DIR/nftables/ecluse-ring.nft"],
    skip,
  },
  { name: "a gateway that the kernel carries, and no firewall", open: () => carrying(), skip: kernelSkip },
  {
    name: "a gateway that the kernel carries, behind UFW that lets on what is routed, before a port that Docker publishes",
    open: () =>
      carrying([
        ...DOCKER,
        `ufw allow from ${ADMIN} to any port 22 proto tcp`,
        "ufw route allow proto tcp to 172.17.0.0/16 port 8888",
        "ufw --force enable",
      ]),
    skip: kernelSkip,
  },
  {
    name: "a gateway that the kernel carries, behind the UFW that Ecluse renders",
    open: () => carrying(),
    made: ["ecluse render ufw --out DIR/ && sh DIR/ufw/ecluse-ufw.sh"],
    skip: kernelSkip,
  },
  {
    name: "a gateway that the kernel carries, where Docker drops what is routed, before the DOCKER-USER that Ecluse renders",
    open: () => carrying([...DOCKER, "iptables-nft -P FORWARD DROP"]),
    made: ["ecluse render docker-user --out DIR/ && sh DIR/docker-user/ecluse-docker-user.sh"],
    skip: kernelSkip,
  },
  {
    name: "translations that the rendered DOCKER-USER judges, before UFW",
    open: () => serving([...UFW, ...DOCKER]),
    made: ["ecluse render docker-user --out DIR/ && sh DIR/docker-user/ecluse-docker-user.sh"],
    skip,
  },
  {
    name: "dockerd, and a container that has a terminal's port in a network of its own",
    open: () => dockerGateway(),
    made: ["docker run --detach echo TCP-LISTEN:10102,fork EXEC:/bin/cat"],
    skip: dockerSkip,
  },
  {
    name: "the gateway in a container, in the host's network",
    open: () => dockerGateway({ contained: true }),
    skip: dockerSkip,
  },
  {
    name: "a service and nginx under systemd, as Ecluse renders them, beside a unit of no door",
    open: systemdMachine,
    made: [
      "printf '[Service]\\nExecStart=socat TCP-LISTEN:8443,fork EXEC:cat\\n' > /etc/systemd/system/other.service",
      "systemctl daemon-reload; systemctl start other",
    ],
    skip: systemdSkip,
  },
  {
    name: "a service under systemd that lets in the proxy in other words",
    open: systemdMachine,
    made: [
      `sed -i 's/^Environment=ALLOWED_SOURCE_IP=.*/Environment="ALLOWED_SOURCE_IP=${TILL}\\/32"/' /etc/systemd/system/api.service.d/ecluse.conf`,
      "systemctl daemon-reload; systemctl restart api",
    ],
    skip: systemdSkip,
  },
];

export const CLEAN: readonly CleanHost[] = [...FIREWALLS, ...PROGRAMS];

export function saysNothingOf(hosts: readonly CleanHost[]): void {
  for (const { name, open, made = [], skip } of hosts) {
    test(`${name}: not a word`, { skip }, async (context) => {
      await using host = await opened(open, context);
      if (host === undefined) return;
      host.sh(...made);
      assert.deepEqual(await host.audit(), []);
    });
  }
}
