import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readInventory } from "../../inventory/read.ts";
import { compile } from "../../policy/compile.ts";
import { audit } from "../audit.ts";

const AT = Date.parse("2026-11-22T12:00:00Z");

const LOADED = readInventory(
  {
    "ecluse.yaml": `
gateway: { address: 198.51.100.10 }
sources: { tills: { addresses: [203.0.113.7] }, visitor: { addresses: [192.0.2.44] } }
depots:
  1: { allow: [tills, { source: visitor, until: 2026-11-22T11:00:00Z, reason: over }], terminals: 3 }
machines: { proxy: { address: 198.51.100.100 }, prod: { address: 198.51.100.103 } }
services: { api: { machine: prod, port: 3021, unit: api, allow: [proxy] } }
`,
  },
  AT,
);

const inventory = LOADED.inventory ?? assert.fail(JSON.stringify(LOADED.findings));

/** Codes with the doors and senders that each names. */
function found(host: string, texts: Readonly<Record<string, string>>): readonly string[] {
  const readings = Object.entries(texts).map(([id, text]) => ({ id, source: id, text }));
  const facts = { format: 1, host, taken: "2026-11-22T12:00:00.000Z", readings } as const;
  const findings = audit([facts], { inventory, policy: compile(inventory), at: AT });
  return findings.filter(({ code }) => code !== "not-listening").map(({ code, message }) => `${code}: ${message}`);
}

function save(...rules: readonly string[]): string {
  return ["# (nf_tables)", "*filter", ":INPUT DROP [0:0]", ...rules, "COMMIT"].join("\n");
}

/** One program, on one address and port. */
function listening(address: string, port: number, program: string): Readonly<Record<string, string>> {
  const hex = address
    .split(".")
    .reverse()
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("");
  const local = `${hex}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
  return {
    sockets: `== net:[1] tcp self\n   0: ${local} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1`,
    owners: "/proc/12/fd/20 socket:[41]",
    programs: `/proc/12/comm:${program}`,
  };
}

suite("who judges behind the firewall", () => {
  const SERVICE = listening("198.51.100.103", 3021, "MainThread");
  const unit = (text: string) => found("prod", { ...SERVICE, "unit:api": text });

  test("a service without a list, and no firewall: open to all", () => {
    const [finding = ""] = unit("Environment=");
    assert.match(finding, /^open-to-others: service\/api: everybody but 198\.51\.100\.100 can connect/);
  });

  test("its ALLOWED_SOURCE_IP is believed, and no wider than it is", () => {
    assert.deepEqual(unit("Environment=API_HOST=198.51.100.103 ALLOWED_SOURCE_IP=198.51.100.100"), []);
    const [finding = ""] = unit("Environment=ALLOWED_SOURCE_IP=198.51.100.100,192.0.2.0/24");
    assert.match(finding, /^open-to-others: service\/api: 192\.0\.2\.0\/24 can connect/);
  });

  test("systemd's own filter: what is denied and not allowed", () => {
    assert.deepEqual(unit("Environment=\nIPAddressAllow=198.51.100.100/32\nIPAddressDeny=::/0 0.0.0.0/0"), []);
    assert.deepEqual(
      unit("Environment=\nIPAddressAllow=198.51.100.100/32\nIPAddressDeny=").map((said) => said.split(":")[0]),
      ["open-to-others", "guard-off"],
    );
  });

  test("the gateway judges; another program on its door does not", () => {
    assert.deepEqual(found("gateway", listening("198.51.100.10", 10101, "MainThread")), []);
    const [finding = ""] = found("gateway", listening("198.51.100.10", 10101, "socat"));
    assert.match(finding, /^open-to-others: depot01-tpe01: everybody but 203\.0\.113\.7 can connect/);
  });

  test("the gateway is its unit's process, where that is known", () => {
    const door = listening("198.51.100.10", 10101, "MainThread");
    assert.deepEqual(found("gateway", { ...door, "unit:ecluse": "ExecMainPID=12" }), []);
    assert.deepEqual(found("gateway", { ...door, "unit:ecluse": "ActiveState=inactive\nExecMainPID=13" }), []);
    const others = found("gateway", { ...door, "unit:ecluse": "ExecMainPID=13" });
    assert.deepEqual(
      others.map((each) => each.split(":")[0]),
      ["open-to-others", "held-by-another"],
    );
  });
});

suite("what one finding is about", () => {
  test("doors that one policy shuts are one finding; a right that has ended is none", () => {
    const [finding = "", ...more] = found("gateway", { "iptables-nft": save() });
    assert.match(finding, /^allowed-but-blocked: depot01-tpe01, depot01-tpe02, depot01-tpe03: 203\.0\.113\.7 may come/);
    assert.deepEqual(more, []);
  });

  test("a source whose right has ended is let in by the wall alone", () => {
    const rule = "-A INPUT -s 203.0.113.7/32 -j ACCEPT";
    const ended = "-A INPUT -s 192.0.2.44/32 -p tcp -m tcp --dport 10102 -j ACCEPT";
    const findings = found("gateway", { "iptables-nft": save(rule, ended) });
    assert.deepEqual(
      findings.map((each) => each.slice(0, 44)),
      ["wall-is-wider: depot01-tpe02: 192.0.2.44 get"],
    );
  });

  const kept = [
    "exit 1: Operation not permitted (you must be root)",
    "exit 3: mnl.c:60: Unable to initialize Netlink socket: Address family not supported by protocol",
  ];
  for (const failed of kept) {
    test(`walls that were not shown to the reader: that, and no verdict (${failed})`, () => {
      const sockets = Object.entries(listening("198.51.100.103", 3021, "MainThread"));
      const readings = [
        ...sockets.map(([id, text]) => ({ id, source: id, text })),
        { id: "nftables", source: "nft", text: "", failed },
      ];
      const facts = { format: 1, host: "prod", taken: "2026-11-22T12:00:00.000Z", readings } as const;
      const findings = audit([facts], { inventory, policy: compile(inventory), at: AT });
      assert.deepEqual(
        findings.map(({ code }) => code),
        ["cannot-read"],
      );
    });
  }

  test("what cannot be told is a notice", () => {
    const findings = found("gateway", {
      "iptables-nft": save("-A INPUT -s 203.0.113.7/32 -m set --match-set tills src -j ACCEPT"),
    });
    assert.deepEqual(
      findings.map((each) => each.split(":")[0]),
      ["wall-unclear"],
    );
  });
});
