import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import type { Inventory } from "../inventory/model.ts";
import { readInventory } from "../inventory/read.ts";
import { compile } from "../policy/compile.ts";
import type { Ipv6Address, Vantage } from "./cell.ts";
import { cellsOf } from "./plan.ts";

/** Both founding documents in small: a depot, and a service behind a proxy. */
const INVENTORY = inventoryOf(`
gateway: { address: 198.51.100.10, tunnel: { interface: tailscale0, routers: [172.17.240.1] } }
sources:
  till: { addresses: [203.0.113.16/28], owner: Sales, reason: payments }
  late: { addresses: [192.0.2.44], owner: Sales, reason: repairs }
depots:
  1:
    allow: [till]
    terminals:
      1: { allow: [till, { source: late, until: 2026-01-01T00:00:00Z, reason: Ticket 1 }] }
      2: { probe: none }
machines:
  proxy: { address: 192.168.1.100 }
  bitcoin: { address: 192.168.1.105 }
  prod: { address: 192.168.1.103 }
services:
  api: { machine: prod, port: 3022, hostVariable: API_HOST, allow: [proxy] }
`);

const at = Date.parse("2026-06-01T00:00:00Z");
const NOBODY: readonly Vantage[] = [];

function inventoryOf(text: string): Inventory {
  const { inventory, findings } = readInventory({ "ecluse.yaml": text }, Date.parse("2025-12-01T00:00:00Z"));
  return inventory ?? assert.fail(JSON.stringify(findings));
}

function vantage(name: string, text: string): Vantage {
  return { name, address: parseAddress(text) ?? assert.fail(text) };
}

/** `case expect @vantage source !skip`. */
function planned(flow: string, vantages: readonly Vantage[], ipv6: readonly Ipv6Address[] = []): readonly string[] {
  const found = compile(INVENTORY).flows.find(({ id }) => id === flow) ?? assert.fail(flow);
  return cellsOf(found, { inventory: INVENTORY, vantages, ipv6, at }).map((cell) => {
    const parts = [
      cell.case,
      cell.expect,
      cell.vantage && `@${cell.vantage}`,
      cell.source,
      cell.skip && `!${cell.skip}`,
    ];
    return parts.filter((part) => part !== undefined).join(" ");
  });
}

const TILL = vantage("till", "203.0.113.20");
const LATE = vantage("late", "192.0.2.44");
const STRANGER = vantage("stranger", "192.0.2.66");
const PROXY = vantage("proxy", "192.168.1.100");
const BITCOIN = vantage("bitcoin", "192.168.1.105");

suite("cellsOf", () => {
  const table: readonly (readonly [string, string, readonly Vantage[], readonly string[]])[] = [
    [
      "a terminal, from everybody",
      "depot01-tpe01",
      [TILL, LATE, STRANGER, PROXY],
      [
        "authorised connect @till till",
        "expired refuse @late",
        "stranger refuse @stranger",
        "direct refuse @proxy",
        "ipv6 refuse !no-ipv6",
      ],
    ],
    [
      "what no vantage point stands for is said",
      "depot01-tpe01",
      NOBODY,
      [
        "ipv6 refuse !no-ipv6",
        "authorised connect till !no-vantage",
        "expired refuse late !no-vantage",
        "stranger refuse !no-vantage",
      ],
    ],
    [
      "a terminal that must not be looked at is not visited, and refuses all the same",
      "depot01-tpe02",
      [TILL, LATE],
      ["authorised connect @till till !probe-none", "other-source refuse @late", "ipv6 refuse !no-ipv6"],
    ],
    [
      "a service: each who may not come is tried with a forged header, too",
      "service/api",
      [PROXY, BITCOIN, STRANGER],
      [
        "authorised connect @proxy proxy",
        "direct refuse @bitcoin",
        "stranger refuse @stranger",
        "forged-header refuse @bitcoin",
        "forged-header refuse @stranger",
        "ipv6 refuse !no-ipv6",
      ],
    ],
  ];
  for (const [name, flow, vantages, expected] of table)
    test(name, () => assert.deepEqual(planned(flow, vantages), expected));

  test("a forged header names one who may", () => {
    const api = compile(INVENTORY).flows.find(({ id }) => id === "service/api") ?? assert.fail();
    const cells = cellsOf(api, { inventory: INVENTORY, vantages: [STRANGER], ipv6: [], at });
    assert.deepEqual(
      cells.flatMap(({ forged }) => forged ?? []),
      ["192.168.1.100"],
    );
  });

  test("IPv6: the listening host's own addresses, each from its vantage point", () => {
    const of = parseAddress("192.168.1.103") ?? assert.fail();
    const ipv6 = [
      { of, address: "::1", from: "prod" },
      { of, address: "fd00::3", from: "stranger" },
    ];
    const api = compile(INVENTORY).flows.find(({ id }) => id === "service/api") ?? assert.fail();
    const cells = cellsOf(api, { inventory: INVENTORY, vantages: [PROXY], ipv6, at });
    assert.deepEqual(
      cells.filter((cell) => cell.case === "ipv6").map(({ host, port, vantage: from }) => [host, port, from]),
      [
        ["::1", 3022, "prod"],
        ["fd00::3", 3022, "stranger"],
      ],
    );
  });
});
