/**
 * The drifts that an audit must find: each made by the real program on a host that was right, found by the real reading,
 * and mended by the command that the finding prints. `drifts.ts` says how one is tried.
 */
import type { AuditCode } from "../../src/audit/catalogue.ts";
import type { DriftHostName } from "./drifts.ts";
import { DOCKER, DOCKER_USER, TAILSCALE } from "./drift-hosts.ts";
import { ADMIN, GATEWAY, STRANGER, TILL } from "./walled-host.ts";

export interface Drift {
  readonly on: DriftHostName;
  readonly name: string;
  /** Command lines of that host's root. */
  readonly made: readonly string[];
  readonly found: AuditCode;
  /** What the same drift brings with it; nothing else is found. */
  readonly along?: readonly AuditCode[];
  /** On what the evidence rests. */
  readonly evidence: RegExp;
  /** What a person does who is told in words: where the finding prints no command. */
  readonly byHand?: readonly string[];
}

const UFW_DRIFTS = on("a gateway behind UFW", [
  { name: "UFW off", made: ["ufw disable"], found: "ufw-off", along: ["ssh-open-to-all"], evidence: /ENABLED=no/ },
  {
    name: "UFW allows by default",
    made: ["ufw default allow incoming"],
    found: "ufw-default-allows",
    along: ["ssh-open-to-all", "wall-is-wider"],
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
    name: "a rule without proto tcp opens UDP on the same port",
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
    name: "SSH open to anyone",
    made: ["ufw allow 22/tcp"],
    found: "ssh-open-to-all",
    along: ["ipv6-opened"],
    evidence: /--dport 22 -j ACCEPT/,
  },
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
    name: "an accept in UFW's before.rules",
    made: [
      "sed -i '/^COMMIT/i -A ufw-before-input -p tcp --dport 10101 -j ACCEPT' /etc/ufw/before.rules",
      "ufw reload",
    ],
    found: "wall-is-wider",
    evidence: /-A ufw-before-input .*--dport 10101 -j ACCEPT/,
  },
]);

const AROUND_UFW = on("a gateway whose UFW is gone around", [
  {
    name: "a DNATed port behind a denying UFW, by hand",
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
    name: "a hole in DOCKER-USER",
    made: [...DOCKER, DOCKER_USER, `iptables-nft -I DOCKER-USER -s ${STRANGER} -j ACCEPT`],
    found: "docker-bypasses-firewall",
    evidence: /-A DOCKER-USER -s 192\.0\.2\.66\/32 -j ACCEPT/,
  },
  {
    name: "UFW's chains out of use",
    made: ["iptables -F INPUT; iptables -P INPUT ACCEPT"],
    found: "ufw-off",
    along: ["ssh-open-to-all", "wall-is-wider"],
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
    along: ["ssh-open-to-all"],
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
    name: "Tailscale's chain accepts its whole network at the head of INPUT",
    made: TAILSCALE,
    found: "tailscale-bypasses-firewall",
    along: ["ssh-open-to-all"],
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
  {
    name: "a rule that asks the hour",
    made: [
      `ufw delete allow from ${TILL} to any port 10101 proto tcp`,
      `iptables -I INPUT -s ${TILL} -p tcp --dport 10101 -m time --timestart 08:00 --timestop 20:00 -j ACCEPT`,
    ],
    found: "wall-unclear",
    evidence: /--timestart/,
    byHand: [`iptables -D INPUT -s ${TILL} -p tcp --dport 10101 -m time --timestart 08:00 --timestop 20:00 -j ACCEPT`],
  },
]);

const RING_DRIFTS = on("a gateway behind an nft ring", [
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
    along: ["ssh-open-to-all"],
    evidence: /"accept"/,
  },
  {
    name: "the ring's table gone",
    made: ["nft delete table inet ecluse"],
    found: "ssh-open-to-all",
    evidence: /^$/,
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
]);

const BY_HAND_DRIFTS = on("a gateway behind rules of iptables-legacy", [
  {
    name: "an accept of the legacy backend beside an nft table",
    made: [
      "nft 'table inet beside { chain in { type filter hook input priority -10; policy accept; tcp dport 9 drop; }; }'",
      "iptables-legacy -I INPUT -p tcp --dport 10101 -j ACCEPT",
    ],
    found: "wall-is-wider",
    evidence: /-A INPUT .*--dport 10101 -j ACCEPT/,
  },
  {
    name: "a removed deny before SSH",
    made: [`iptables-legacy -D INPUT ! -s ${ADMIN} -p tcp --dport 22 -j REJECT --reject-with tcp-reset`],
    found: "ssh-open-to-all",
    evidence: /--dport 22 -j ACCEPT/,
  },
]);

const MACHINE_DRIFTS = on("a back-end machine behind UFW", [
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
    along: ["open-to-others"],
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
]);

const OWN_DROP_DRIFTS = on("a back-end machine behind a deny of its own", [
  {
    name: "the deny removed",
    made: ["nft flush chain inet own in"],
    found: "open-to-others",
    evidence: /policy accept/,
  },
]);

const OTHER = "EXEC:cat,pipes";
const WITHOUT_10102 = "s/, 2: { allow.* } } }/ } }/";
const IN_ANOTHER_NETWORK = "until nsenter --net=/proc/$!/ns/net ss -Htln 'sport = :10102' | grep -q .; do :; done";

const SERVING_DRIFTS = on("a gateway that serves", [
  {
    name: "the table of the kernel engine, left by a gateway that was killed",
    made: [
      `nft 'table ip ecluse { chain lead { type nat hook prerouting priority dstnat - 5; ip daddr ${GATEWAY} tcp dport 10101 dnat ip to 100.64.0.9:8888; }; }'`,
    ],
    found: "table-left-over",
    evidence: /"name": "ecluse"/,
  },
  {
    name: "a terminal that was declared and not applied: its port is missing",
    made: applied(WITHOUT_10102),
    found: "not-listening",
    evidence: /^$/,
  },
  {
    name: "an extra door: a terminal that was taken from the inventory and not from the gateway",
    made: applied("s/terminals: { 1: {}/terminals: { 3: {}, 1: {}/"),
    found: "not-declared",
    evidence: /:2777 /,
  },
  {
    name: "another program on a terminal's port",
    made: tooLate(serving(`TCP-LISTEN:10102,bind=${GATEWAY},fork ${OTHER}`, 10102)),
    found: "held-by-another",
    evidence: /:2776 /,
  },
  {
    name: "another program on 0.0.0.0",
    made: applied(WITHOUT_10102, serving(`TCP-LISTEN:10102,fork ${OTHER}`, 10102)),
    found: "listens-everywhere",
    evidence: /00000000:2776 /,
  },
  {
    name: "another program on [::], which takes IPv4, too",
    made: applied(WITHOUT_10102, serving(`TCP6-LISTEN:10102,ipv6only=0,fork ${OTHER}`, 10102)),
    found: "listens-ipv6",
    evidence: / 0{32}:2776 /,
  },
  {
    name: "a listener on IPv6 alone, beside the gateway's",
    made: [serving(`TCP6-LISTEN:10102,ipv6only=1,fork ${OTHER}`, 10102)],
    found: "listens-ipv6",
    evidence: / 0{32}:2776 /,
  },
  {
    name: "an IPv6 socket on all IPv4 addresses, ::ffff:0.0.0.0",
    made: applied(WITHOUT_10102, serving(`TCP6-LISTEN:10102,bind=[::ffff:0.0.0.0],ipv6only=0,fork ${OTHER}`, 10102)),
    found: "listens-everywhere",
    evidence: / 0{16}FFFF0{12}:2776 /,
  },
  {
    name: "a listener on the wrong address, in place of the gateway's",
    made: applied(WITHOUT_10102, serving(`TCP-LISTEN:10102,bind=100.64.0.1,fork ${OTHER}`, 10102)),
    found: "listens-elsewhere",
    evidence: /01004064:2776 /,
  },
  {
    name: "a listener on another address, beside the gateway's",
    made: [serving(`TCP-LISTEN:10102,bind=100.64.0.1,fork ${OTHER}`, 10102)],
    found: "listens-elsewhere",
    evidence: /01004064:2776 /,
  },
  {
    name: "another network namespace holds the port",
    made: applied(WITHOUT_10102, `unshare --net ${program(`TCP-LISTEN:10102,fork ${OTHER}`)} ${IN_ANOTHER_NETWORK}`),
    found: "listens-elsewhere",
    evidence: /00000000:2776 /,
  },
  {
    name: "a UDP socket on a terminal's port",
    made: [serving(`UDP-LISTEN:10102,bind=${GATEWAY},fork ${OTHER}`, 10102)],
    found: "udp-on-port",
    evidence: /:2776 /,
  },
  {
    name: "a program on a port of the plan that no terminal has",
    made: [serving(`TCP-LISTEN:17299,bind=${GATEWAY},fork ${OTHER}`, 17299)],
    found: "not-declared",
    evidence: /:4393 /,
  },
]);

/** Real containers of a real dockerd. */
const DOCKER_DRIFTS = on("a gateway beside Docker", [
  {
    name: "a container published on a terminal's port, with docker-proxy",
    made: applied(WITHOUT_10102, "docker run --detach --publish 10102:8888 echo"),
    found: "docker-bypasses-firewall",
    along: ["listens-everywhere", "listens-ipv6"],
    evidence: /-A DOCKER .*--dport 10102 -j DNAT/,
  },
  {
    name: "a container published on one address, at a port of the plan that no terminal has",
    made: [`docker run --detach --publish ${GATEWAY}:17299:8888 echo`],
    found: "docker-bypasses-firewall",
    along: ["not-declared"],
    evidence: /--dport 17299 -j DNAT/,
  },
  {
    name: "a container in the host's network, on a port of the plan that no terminal has",
    made: [
      `docker run --detach --network host echo TCP-LISTEN:17299,bind=${GATEWAY},fork EXEC:/bin/cat`,
      listens(17299),
    ],
    found: "not-declared",
    evidence: /:4393 /,
  },
]);

const DROP_IN = "/etc/systemd/system/api.service.d/ecluse.conf";
const RESTARTED = "systemctl daemon-reload; systemctl restart api";

/** A real systemd, its units and their processes. */
const UNIT_DRIFTS = on("a back-end machine under systemd", [
  {
    name: "the drop-in missing",
    made: [`rm ${DROP_IN}; ${RESTARTED}`],
    found: "guard-off",
    along: ["unit-host", "listens-ipv6"],
    evidence: /Environment=$/m,
  },
  {
    name: "a stale drop-in: the file was changed, and systemd was not told",
    made: [`sed -i 's/^Environment=ALLOWED_SOURCE_IP=.*/&,${STRANGER}/' ${DROP_IN}`],
    found: "unit-stale",
    evidence: /NeedDaemonReload=yes/,
  },
  {
    name: "a service that still runs with an older environment",
    made: [
      `cp ${DROP_IN} /run/right; sed -i 's/^Environment=ALLOWED_SOURCE_IP=.*/&,${STRANGER}/' ${DROP_IN}; ${RESTARTED}`,
      `cp /run/right ${DROP_IN}; systemctl daemon-reload`,
    ],
    found: "unit-not-restarted",
    evidence: /ALLOWED_SOURCE_IP=203\.0\.113\.7,192\.0\.2\.66$/,
  },
  {
    name: "ALLOWED_SOURCE_IP with an extra address",
    made: [`sed -i 's/^Environment=ALLOWED_SOURCE_IP=.*/&,${STRANGER}/' ${DROP_IN}; ${RESTARTED}`],
    found: "guard-wider",
    evidence: /192\.0\.2\.66/,
  },
  {
    name: "ALLOWED_SOURCE_IP without the proxy",
    made: [`sed -i 's/^Environment=ALLOWED_SOURCE_IP=.*/Environment=ALLOWED_SOURCE_IP=/' ${DROP_IN}; ${RESTARTED}`],
    found: "guard-narrower",
    evidence: /ALLOWED_SOURCE_IP=$/m,
  },
  {
    name: "a service told to listen on 0.0.0.0",
    made: [`sed -i 's/^Environment=API_HOST=.*/Environment=API_HOST=0.0.0.0/' ${DROP_IN}; ${RESTARTED}`],
    found: "listens-everywhere",
    along: ["unit-host"],
    evidence: /00000000:0BCD /,
  },
  {
    name: "a service that was stopped",
    made: ["systemctl stop api"],
    found: "not-listening",
    evidence: /^$/,
  },
  {
    name: "a unit that is gone",
    made: ["systemctl stop api; mv /etc/systemd/system/api.service /run/api.service; systemctl daemon-reload"],
    found: "unit-missing",
    along: ["not-listening"],
    evidence: /LoadState=not-found/,
    byHand: ["mv /run/api.service /etc/systemd/system/api.service; systemctl daemon-reload; systemctl start api"],
  },
  {
    name: "nginx listens on [::]",
    made: [
      "sed -i 's/^listen .*/&\\nlisten [::]:3015;/' /etc/nginx/snippets/listen-mempool.conf; systemctl restart nginx",
    ],
    found: "listens-ipv6",
    evidence: /listen-mempool\.conf: listen \[::\]:3015;$/,
  },
  {
    name: "nginx listens on every IPv4 address",
    made: ["sed -i 's/^listen .*/listen 3015;/' /etc/nginx/snippets/listen-mempool.conf; systemctl restart nginx"],
    found: "listens-everywhere",
    evidence: /listen-mempool\.conf: listen 3015;$/,
  },
  {
    name: "a unit of somebody's with a UDP socket on the service's port",
    made: [
      `printf '[Service]\\nExecStart=socat UDP-LISTEN:3021,bind=${GATEWAY},fork EXEC:cat\\n' > /etc/systemd/system/beacon.service`,
      "systemctl daemon-reload; systemctl start beacon",
      listens(3021, "u"),
    ],
    found: "udp-on-port",
    evidence: /:0BCD /,
  },
]);

/** Its process is ended by its id, which the holder of its socket has. */
const KILLED = `kill -9 $(ss -Hxlp | grep /run/ecluse/ecluse.sock | grep -o 'pid=[0-9]*' | cut -d = -f 2)`;

const RENDERED_UFW = "ecluse render ufw --out DIR/ && sh DIR/ufw/ecluse-ufw.sh";

const KERNEL_DRIFTS = on("a gateway that the kernel carries", [
  {
    name: "a gateway that was killed, and its table flushed",
    made: [KILLED, "nft flush ruleset"],
    found: "table-missing",
    evidence: /^$/,
    byHand: ["ecluse serve >/dev/null 2>&1 & until nft list table ip ecluse >/dev/null 2>&1; do :; done"],
  },
  {
    name: "a terminal that was declared and not applied: it is not in the table",
    made: applied(WITHOUT_10102),
    found: "table-differs",
    evidence: /^198\.51\.100\.10:10102 is not there$/,
  },
  {
    name: "a terminal that was taken from the inventory and not from the gateway",
    made: applied("s/terminals: { 1: {}/terminals: { 3: {}, 1: {}/"),
    found: "table-differs",
    evidence: /^198\.51\.100\.10:10103 leads to \S+:8888, and nothing should$/,
  },
  {
    name: "UFW, which drops what is routed",
    made: [`ufw allow from ${ADMIN} to any port 22 proto tcp`, "ufw --force enable"],
    found: "allowed-but-blocked",
    evidence: /:FORWARD DROP/,
  },
  {
    name: "a rule of UFW for what is routed to a terminal that is gone",
    made: [RENDERED_UFW, `ufw route allow in on internet from ${TILL} to 172.17.1.12 port 8888 proto tcp`],
    found: "rule-left-over",
    evidence: /^### tuple ### route:allow tcp 8888 172\.17\.1\.12 any 203\.0\.113\.7 in_internet\n-A ufw-user-forward /,
  },
  {
    name: "a rule of UFW for what is routed that is not loaded",
    made: [RENDERED_UFW, "iptables -D ufw-user-forward 1"],
    found: "ufw-not-loaded",
    along: ["allowed-but-blocked"],
    evidence: /^-A ufw-user-forward -p tcp -d 172\.17\.1\.1/,
  },
  {
    name: "a rule of UFW that refuses an allowed source what is routed",
    made: [RENDERED_UFW, `ufw route prepend deny from ${TILL} to 172.17.1.11 port 8888`],
    found: "allowed-but-blocked",
    evidence: /-s 203\.0\.113\.7\/32 -d 172\.17\.1\.11\/32 .*-j DROP/,
  },
]);

export const DRIFTS: readonly Drift[] = [
  ...UFW_DRIFTS,
  ...AROUND_UFW,
  ...RING_DRIFTS,
  ...BY_HAND_DRIFTS,
  ...MACHINE_DRIFTS,
  ...OWN_DROP_DRIFTS,
  ...SERVING_DRIFTS,
  ...KERNEL_DRIFTS,
  ...DOCKER_DRIFTS,
  ...UNIT_DRIFTS,
];

function on(host: DriftHostName, drifts: readonly Omit<Drift, "on">[]): readonly Drift[] {
  return drifts.map((drift) => ({ on: host, ...drift }));
}

/** Another inventory is applied, and then the file says what it should again. */
function applied(edit: string, ...meanwhile: readonly string[]): readonly string[] {
  const file = "/etc/ecluse/ecluse.yaml";
  return [`cp ${file} right.yaml; sed -i '${edit}' ${file}; ecluse apply`, ...meanwhile, `cp right.yaml ${file}`];
}

/** The gateway was told of terminal 2 when somebody held its port already. */
function tooLate(holder: string): readonly string[] {
  return [...applied(WITHOUT_10102, holder), "ecluse apply || true"];
}

/** The same, and waits until it listens. */
function serving(words: string, port: number): string {
  return `${program(words)} ${listens(port, words.startsWith("UDP") ? "u" : "t")}`;
}

/** Starts it behind this command line. */
function program(words: string): string {
  return `socat ${words} </dev/null >/dev/null 2>&1 &`;
}

function listens(port: number, kind: "t" | "u" = "t"): string {
  return `until ss -H${kind}ln 'sport = :${port}' | grep -q .; do :; done`;
}
