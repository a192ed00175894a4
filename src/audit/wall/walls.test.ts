import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import { parseIptables } from "../parse/iptables.ts";
import { parseNftables } from "../parse/nftables.ts";
import { sayAddresses } from "./address-set.ts";
import { packetTo } from "./packet.ts";
import type { Walls } from "./ruleset.ts";
import { boundsOf, pass } from "./walk.ts";
import { EVERYBODY } from "./address-set.ts";

const DOOR = parseAddress("198.51.100.10") ?? assert.fail();
const AROUND = { isOwn: (address: number) => address === DOOR, outOf: () => "docker0" };

/** Who gets to port 10101 by eth0: certainly, and perhaps. */
function reached(walls: Walls): { readonly open: string; readonly perhaps: string } {
  const entering = { packet: packetTo(DOOR, 10101, "eth0"), sources: EVERYBODY };
  const { open, perhaps } = boundsOf(pass(walls, entering, { around: AROUND, removed: new Set() }));
  return { open: said(open), perhaps: said(perhaps) };
}

function said(set: Parameters<typeof sayAddresses>[0]): string {
  return sayAddresses(set) || "nobody";
}

function input(...rules: readonly string[]): Walls {
  return parseIptables(["*filter", ":INPUT DROP [0:0]", ...rules, "COMMIT"].join("\n"), "iptables-nft");
}

suite("rules of iptables: who gets in", () => {
  const KNOWN: Readonly<Record<string, string>> = {
    "-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 10101 -j ACCEPT": "192.0.2.7",
    "-A INPUT -s 192.0.2.7/32 -p udp -m udp --dport 10101 -j ACCEPT": "nobody",
    "-A INPUT -i tailscale0 -j ACCEPT": "nobody",
    "-A INPUT ! -i lo -s 192.0.2.0/24 -j ACCEPT": "192.0.2.0/24",
    "-A INPUT -p tcp -m multiport --dports 22,10100:10199 -j ACCEPT": "everybody",
    "-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT": "nobody",
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT": "nobody",
    "-A INPUT -p tcp -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --rsource -j ACCEPT": "nobody",
    '-A INPUT -p tcp -m comment --comment "not -j DROP" -j ACCEPT': "everybody",
  };
  for (const [rule, who] of Object.entries(KNOWN)) {
    test(rule, () => {
      assert.deepEqual(reached(input(rule)), { open: who, perhaps: who });
    });
  }

  test("what is not known opens perhaps, and never certainly", () => {
    const rule = "-A INPUT -p tcp -m set --match-set office src -j ACCEPT";
    assert.deepEqual(reached(input(rule)), { open: "nobody", perhaps: "everybody" });
    assert.deepEqual(reached(input(rule, "-A INPUT -s 192.0.2.7/32 -j ACCEPT")).open, "192.0.2.7");
  });

  test("a target that is not known may do anything", () => {
    assert.deepEqual(reached(input("-A INPUT -j NFQUEUE --queue-num 1")), { open: "nobody", perhaps: "everybody" });
  });

  test("chains that lead to each other come to an end", () => {
    const walls = input(":one - [0:0]", "-A INPUT -j one", "-A one -j one", "-A one -s 192.0.2.7/32 -j ACCEPT");
    assert.equal(reached(walls).perhaps, "everybody");
  });

  test("a translated port goes through FORWARD, not INPUT", () => {
    const text = [
      ...[
        "*nat",
        ":PREROUTING ACCEPT [0:0]",
        "-A PREROUTING -p tcp -m tcp --dport 10101 -j DNAT --to-destination 172.18.0.2:8888",
        "COMMIT",
      ],
      ...[
        "*filter",
        ":INPUT DROP [0:0]",
        ":FORWARD DROP [0:0]",
        "-A FORWARD -s 192.0.2.0/24 -d 172.18.0.2/32 -o docker0 -p tcp -m tcp --dport 8888 -j ACCEPT",
        "COMMIT",
      ],
    ].join("\n");
    assert.equal(reached(parseIptables(text, "iptables-nft")).open, "192.0.2.0/24");
  });
});

suite("rules of nftables: who gets in", () => {
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const match = (left: unknown, right: unknown, op = "==") => ({ match: { op, left, right } });
  const chain = (...rules: readonly (readonly unknown[])[]): Walls =>
    parseNftables(
      JSON.stringify({
        nftables: [
          { chain: { family: "inet", table: "t", name: "in", type: "filter", hook: "input", prio: 0, policy: "drop" } },
          {
            set: {
              family: "inet",
              table: "t",
              name: "many",
              elem: [{ elem: { val: "192.0.2.7", timeout: 60 } }, { range: ["192.0.2.16", "192.0.2.31"] }],
            },
          },
          ...rules.map((expr, handle) => ({ rule: { family: "inet", table: "t", chain: "in", handle, expr } })),
        ],
      }),
    );

  test("a set with a timeout and a range", () => {
    const walls = chain([match(payload("ip", "saddr"), "@many"), { counter: null }, { accept: null }]);
    assert.equal(reached(walls).open, "192.0.2.7, 192.0.2.16/28");
  });

  test("a set that was not read, an expression that is not known: perhaps", () => {
    for (const test of [
      match(payload("ip", "saddr"), "@gone"),
      match({ numgen: { mode: "random" } }, 0),
      { xt: { name: "geoip" } },
    ]) {
      assert.deepEqual(reached(chain([test, { accept: null }])), { open: "nobody", perhaps: "everybody" });
    }
  });

  test("an answer by ICMPv6 is for IPv6, though its test is not printed", () => {
    assert.equal(reached(chain([{ reject: { type: "icmpv6" } }], [{ accept: null }])).open, "everybody");
  });

  test("tables that iptables-nft holds are not read twice", () => {
    const text = JSON.stringify({
      nftables: [
        {
          chain: {
            family: "ip",
            table: "filter",
            name: "INPUT",
            type: "filter",
            hook: "input",
            prio: 0,
            policy: "drop",
          },
        },
      ],
    });
    assert.equal(parseNftables(text, ["ip filter"]).chains.length, 0);
    assert.equal(parseNftables(text).chains.length, 1);
  });

  test("a text that is no JSON is no rules", () => {
    assert.equal(reached(parseNftables("nft: not found")).open, "everybody");
  });
});
