/**
 * The law of the walls: rules that nobody wrote by hand, loaded by the real programs; for each sender and port, what the
 * audit says of it is what a real connection meets.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import fc from "fast-check";
import { collect } from "../../src/audit/host/collect.ts";
import { askingsFor } from "../../src/audit/readings.ts";
import { holds } from "../../src/audit/wall/address-set.ts";
import { hostWallsOf, reachOf } from "../../src/audit/wall/host-walls.ts";
import { TERMINALS, skip } from "./drift-hosts.ts";
import { ADMIN, GATEWAY, STRANGER, TILL, WalledHost } from "./walled-host.ts";

const SENDERS = [TILL, ADMIN, STRANGER, "198.51.100.1"];
const PORTS = [22, 10101, 10102];
const READ = new Set(["rules", "routes", "iptables-nft", "iptables-legacy", "ip6tables", "nftables"]);

const network = fc.constantFrom(
  ...SENDERS,
  "203.0.113.0/24",
  "192.0.2.0/25",
  "192.0.2.64/26",
  "0.0.0.0/1",
  "128.0.0.0/1",
);
const port = fc.constantFrom(...PORTS.map(String));

/** What iptables tests, in its words. */
const iptablesMatch = fc.oneof(
  network.map((from) => `-s ${from}`),
  network.map((from) => `! -s ${from}`),
  fc.constantFrom("-i internet", "! -i internet", "-i inter+", "-i lo", `-d ${GATEWAY}`, `! -d ${GATEWAY}`),
  fc.constantFrom(
    "--syn",
    "! --syn",
    "--dport 10101:10102",
    "--dport 1:1023",
    "-m multiport --dports 22,10102",
    "-m multiport ! --dports 22",
  ),
  port.map((number) => `--dport ${number}`),
  port.map((number) => `! --dport ${number}`),
  fc.constantFrom(
    "-m conntrack --ctstate NEW",
    "-m conntrack --ctstate ESTABLISHED,RELATED",
    "-m addrtype --dst-type LOCAL",
    "-m addrtype ! --dst-type LOCAL",
  ),
  fc.constantFrom(
    "-m mark --mark 0x1/0x1",
    "-m mark ! --mark 0x2/0x3",
    "-m conntrack --ctorigdstport 10101",
    "-m conntrack --ctstate DNAT",
  ),
  fc.constantFrom(
    "-m iprange --src-range 192.0.2.60-192.0.2.70",
    "-m limit --limit 100/sec --limit-burst 200",
    '-m comment --comment "a b"',
  ),
);

const iptablesTarget = fc.constantFrom(
  ...[
    "-j ACCEPT",
    "-j ACCEPT",
    "-j REJECT --reject-with tcp-reset",
    "-j REJECT --reject-with tcp-reset",
    "-j RETURN",
    "-j one",
    "-g two",
    "",
  ],
);

const iptablesRule = (chain: string, target: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.uniqueArray(iptablesMatch, { maxLength: 2, selector: optionOf }), target)
    .map(([matches, to]) => `-A ${chain} -p tcp ${matches.join(" ")} ${to}`);

/** One option stands once in a rule. */
function optionOf(match: string): string {
  return /--dport|-i |-s |-d |syn|-m \w+/.exec(match.replace("-m multiport", ""))?.[0] ?? match;
}

const leaf = fc.constantFrom("-j ACCEPT", "-j REJECT --reject-with tcp-reset", "-j RETURN", "");

/** What is judged is the first packet: later ones pass, as on every host that works. */
const INSIDE = "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT";

const iptablesRules = fc
  .record({
    mangle: fc.array(
      iptablesRule("PREROUTING", fc.constantFrom("-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x2/0xffffffff")),
      { maxLength: 2 },
    ),
    nat: fc.array(
      iptablesRule(
        "PREROUTING",
        fc.constantFrom("-j REDIRECT --to-ports 22", "-j REDIRECT --to-ports 10102", "-j RETURN", "-j ACCEPT"),
      ),
      { maxLength: 2 },
    ),
    input: fc.array(iptablesRule("INPUT", iptablesTarget), { minLength: 2, maxLength: 6 }),
    one: fc.array(iptablesRule("one", fc.oneof(leaf, fc.constant("-j two"))), { maxLength: 3 }),
    two: fc.array(iptablesRule("two", leaf), { maxLength: 3 }),
    end: fc.constantFrom("-A INPUT -p tcp -j REJECT --reject-with tcp-reset", "-A INPUT -j ACCEPT"),
  })
  .map(({ mangle, nat, input, one, two, end }) =>
    [
      ...[
        "*mangle",
        ":PREROUTING ACCEPT",
        ...mangle,
        "COMMIT",
        "*nat",
        ":PREROUTING ACCEPT",
        ...nat.filter((line) => !line.includes("DNAT")),
        "COMMIT",
      ],
      ...["*filter", ":INPUT ACCEPT", ":one -", ":two -", INSIDE, ...input, end, ...one, ...two, "COMMIT", ""],
    ].join("\n"),
  );

/** What nft tests, in its words. */
const nftMatch = fc.oneof(
  network.map((from) => `ip saddr ${from}`),
  network.map((from) => `ip saddr != ${from}`),
  fc.uniqueArray(fc.constantFrom(...SENDERS), { minLength: 1 }).map((list) => `ip saddr { ${list.join(", ")} }`),
  port.map((number) => `tcp dport ${number}`),
  fc.constantFrom(
    "tcp dport != 22",
    "tcp dport 10101-10102",
    "tcp dport { 22, 10102 }",
    "th dport 10101",
    "tcp dport != { 22, 10101 }",
  ),
  fc.constantFrom(
    "ip saddr . tcp dport @pairs",
    "ip saddr . tcp dport != @pairs",
    "tcp dport @ports",
    "ip saddr @senders",
    "ip saddr != @senders",
  ),
  fc.constantFrom(
    `ip daddr . tcp dport { ${GATEWAY} . 22, ${GATEWAY} . 10101 }`,
    `ip saddr . ip daddr . tcp dport { ${TILL} . ${GATEWAY} . 10101 }`,
  ),
  fc.constantFrom(
    'iifname "internet"',
    'iifname != "internet"',
    'iifname "inter*"',
    "iif lo",
    'iifname . ip saddr { "internet" . 203.0.113.7 }',
  ),
  fc.constantFrom(
    "fib daddr type local",
    "fib daddr type != local",
    "ct state new",
    "ct state established,related",
    "ct state != new",
    "meta l4proto tcp",
  ),
  fc.constantFrom("tcp flags & (fin|syn|rst|ack) == syn", "tcp flags & (syn|ack) == ack", "tcp flags syn"),
  fc.constantFrom(
    "meta mark & 1 == 1",
    "meta mark 2",
    "meta l4proto tcp ct original proto-dst 10101",
    "limit rate 100/second burst 1000 packets",
    "limit rate over 10000/second burst 1000 packets",
    "ct status dnat",
    "meta pkttype unicast",
  ),
);

const nftVerdict = fc.constantFrom(
  ...[
    "accept",
    "accept",
    "reject with tcp reset",
    "reject with tcp reset",
    "return",
    "jump one",
    "goto two",
    "counter",
    "tcp dport vmap { 22 : accept, 10101 : jump two }",
  ],
  ...["ip saddr . tcp dport vmap @verdicts", "ct state vmap { established : accept, new : jump two }"],
);
const nftLeaf = fc.constantFrom(
  "accept",
  "reject with tcp reset",
  "return",
  "counter",
  "tcp dport vmap { 22 : accept, 10102 : return }",
);

/** Rules for other protocols: none of them is about the connection. */
const foreign = fc.constantFrom(
  ...[
    "udp dport 22 accept",
    "ip6 saddr ::1 accept",
    "ip6 saddr != ::1 accept",
    "meta nfproto ipv6 reject",
    "ip protocol udp accept",
  ],
);

const nftRule = (verdict: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(nftMatch, { maxLength: 2 }), verdict)
    .map(([matches, to]) => `meta l4proto tcp ${matches.join(" ")} ${to}`);

const nftRules = fc
  .record({
    marks: fc.array(nftRule(fc.constantFrom("meta mark set 1", "meta mark set 2")), { maxLength: 2 }),
    translations: fc.array(nftRule(fc.constantFrom("redirect to :22", "redirect to :10102", "return")), {
      maxLength: 2,
    }),
    input: fc.array(fc.oneof({ weight: 6, arbitrary: nftRule(nftVerdict) }, foreign), { minLength: 2, maxLength: 6 }),
    late: fc.array(nftRule(fc.oneof(nftLeaf)), { maxLength: 2 }),
    one: fc.array(nftRule(fc.oneof(nftLeaf, fc.constant("jump two"))), { maxLength: 3 }),
    two: fc.array(nftRule(nftLeaf), { maxLength: 3 }),
    end: fc.constantFrom("meta l4proto tcp reject with tcp reset", "accept"),
  })
  .map(({ marks, translations, input, late, one, two, end }) =>
    `
table inet law {
  set pairs { type ipv4_addr . inet_service; flags interval; elements = { ${TILL} . 10101, 192.0.2.0/26 . 22, 198.51.100.1 . 10101-10102 } }
  set ports { type inet_service; elements = { 22, 10102 } }
  set senders { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, ${TILL} } }
  map verdicts { type ipv4_addr . inet_service : verdict; elements = { ${TILL} . 22 : drop, ${STRANGER} . 10101 : accept } }
  chain two {
    ${two.join("\n    ")}
  }
  chain one {
    ${one.join("\n    ")}
  }
  chain marks {
    type filter hook prerouting priority mangle; policy accept;
    ${marks.join("\n    ")}
  }
  chain translations {
    type nat hook prerouting priority dstnat; policy accept;
    ${translations.join("\n    ")}
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    ${input.join("\n    ")}
    ${end}
  }
  chain late {
    type filter hook input priority 10; policy accept;
    ct state established,related accept
    ${late.join("\n    ")}
  }
}
`.replaceAll(`${TILL} . 22 : drop`, `${TILL} . 22 : return`),
  );

const RUNS = 40;

suite("what is said of a rule set is what a connection meets", { skip, timeout: 280_000 }, () => {
  for (const program of ["iptables-nft", "iptables-legacy"]) {
    test(program, async () => {
      await obeyed(iptablesRules, [`${program}-restore`], "");
    });
  }

  test("nft", async () => {
    await obeyed(nftRules, ["nft", "-f", "-"], "flush ruleset\n");
  });
});

/** Loads rule sets, one after another, and compares every verdict on them. */
async function obeyed(
  rules: fc.Arbitrary<string>,
  [program = "", ...words]: readonly string[],
  first: string,
): Promise<void> {
  await using walled = await WalledHost.create();
  await walled.hold(PORTS);
  for (const text of fc.sample(rules, { numRuns: RUNS, seed: 20_261_122 })) {
    walled.host.tell(first + text, program, ...words);
    const said = await verdicts(walled);
    const met = connections(walled);
    assert.deepEqual(said, met, text);
  }
}

async function verdicts(walled: WalledHost): Promise<Readonly<Record<string, string>>> {
  const askings = askingsFor(TERMINALS.inventory, "gateway").filter(({ id }) => READ.has(id));
  const facts = await collect({ host: "gateway", askings, shell: [...walled.host.entry, "sh"], now: Date.now });
  const host = hostWallsOf(facts);
  return Object.fromEntries(
    PORTS.flatMap((number) => {
      const { open, perhaps } = reachOf(host, { address: addressOf(GATEWAY), port: number });
      return SENDERS.map((sender) => {
        const [isOpen, isPerhaps] = [open, perhaps].map((set) => holds(set, addressOf(sender)));
        return [`${sender} ${number}`, isOpen === isPerhaps ? (isOpen === true ? "open" : "refused") : "unclear"];
      });
    }),
  );
}

/** Every sender knocks at every port. */
const KNOCK = `
  const { connect } = require("node:net");
  const knocks = JSON.parse(process.argv[1]);
  Promise.all(knocks.map(([sender, port]) => new Promise((resolve) => {
    const socket = connect({ host: "${GATEWAY}", port, localAddress: sender });
    socket.on("connect", () => { resolve([sender + " " + port, "open"]); socket.destroy(); });
    socket.on("error", () => resolve([sender + " " + port, "refused"]));
  }))).then((met) => console.log(JSON.stringify(Object.fromEntries(met))));
`;

function connections(walled: WalledHost): Readonly<Record<string, string>> {
  const knocks = PORTS.flatMap((number) => SENDERS.map((sender) => [sender, number]));
  return JSON.parse(walled.internet.run(process.execPath, "-e", KNOCK, JSON.stringify(knocks))) as Readonly<
    Record<string, string>
  >;
}

function addressOf(text: string): Ipv4 {
  return parseAddress(text) ?? assert.fail(text);
}
