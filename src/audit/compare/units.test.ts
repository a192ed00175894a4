import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readInventory } from "../../inventory/read.ts";
import { compile } from "../../policy/compile.ts";
import { auditedOf } from "../audited.ts";
import { compareUnits } from "./units.ts";

const AT = Date.parse("2026-11-22T12:00:00Z");

const INVENTORY = `
gateway: { address: 198.51.100.10 }
machines:
  proxy: { address: 192.168.1.100 }
  prod: { address: 192.168.1.103 }
services:
  api-faucet: { machine: prod, port: 3022, hostVariable: FAUCET_API_HOST, unit: api-faucet, allow: [proxy] }
`;

const { inventory } = readInventory({ "ecluse.yaml": INVENTORY }, AT);
assert.ok(inventory);

const RIGHT = "FAUCET_API_HOST=192.168.1.103 ALLOWED_SOURCE_IP=192.168.1.100";

interface Shown {
  readonly load?: string;
  readonly stale?: string;
  readonly environment?: string;
  readonly process?: string;
}

/** As `systemctl show` prints it, and what its process was given. */
const shown = ({ load = "loaded", stale = "no", environment = RIGHT, process = environment }: Shown = {}): string =>
  [
    ...[`LoadState=${load}`, "ActiveState=active", `NeedDaemonReload=${stale}`, `Environment=${environment}`],
    ...["IPAddressAllow=", "IPAddressDeny=", "== process", ...process.split(" "), ""],
  ].join("\n");

function codes(text: string, failed?: string): readonly string[] {
  const reading = {
    id: "unit:api-faucet",
    source: "systemctl show",
    text,
    ...(failed === undefined ? {} : { failed }),
  };
  const facts = { format: 1, host: "prod", taken: "2026-11-22T12:00:00.000Z", readings: [reading] } as const;
  assert.ok(inventory);
  return compareUnits(auditedOf(facts, { inventory, policy: compile(inventory), at: AT })).map(({ code }) => code);
}

suite("compareUnits", () => {
  const host = "FAUCET_API_HOST=192.168.1.103";
  const table: readonly (readonly [what: string, text: string, codes: readonly string[]])[] = [
    ["a unit as rendered", shown(), []],
    ["the same addresses spelt otherwise", shown({ environment: `${host} ALLOWED_SOURCE_IP=192.168.1.100/32` }), []],
    ["no such unit", shown({ load: "not-found" }), ["unit-missing"]],
    ["a file that was edited", shown({ stale: "yes" }), ["unit-stale"]],
    ["another address", shown({ environment: RIGHT.replace(".103", ".104") }), ["unit-host"]],
    ["no address", shown({ environment: "ALLOWED_SOURCE_IP=192.168.1.100" }), ["unit-host"]],
    ["no list", shown({ environment: host }), ["guard-off"]],
    ["one source more", shown({ environment: `${RIGHT},192.168.1.7` }), ["guard-wider"]],
    ["another source", shown({ environment: `${host} ALLOWED_SOURCE_IP=192.168.1.7` }), ["guard-wider"]],
    ["an empty list", shown({ environment: `${host} ALLOWED_SOURCE_IP=` }), ["guard-narrower"]],
    [
      "a process older than its drop-in",
      shown({ process: `${host} ALLOWED_SOURCE_IP=0.0.0.0/0` }),
      ["unit-not-restarted"],
    ],
    ["a process that does not run", shown({ process: "" }), []],
  ];
  for (const [what, text, expected] of table) {
    test(`${what}: ${expected.join(" ") || "nothing"}`, () => {
      assert.deepEqual(codes(text), expected);
    });
  }

  test("a unit that could not be read is said", () => {
    assert.deepEqual(codes("", "exit 1: no bus"), ["cannot-read"]);
  });
});
