/** parse(print(x)) = x: what is written says exactly what was meant. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { readInventory } from "../read.ts";
import { readYaml } from "../read-yaml.ts";
import { createReport } from "../report.ts";
import type { RawInventory } from "../schema.ts";
import { shapeOf } from "../shape.ts";
import { terminalList } from "./terminal-list.ts";
import { writeInventory } from "./write-inventory.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

/** Words that other readers of YAML take for something else. */
const TEXTS = [
  "no",
  "on",
  "1e3",
  "00012",
  "22:22",
  "0x10",
  "null",
  "~",
  "- a",
  "a: b",
  "#1",
  "é’&(x)",
  "1_000",
  "2026-11-22",
];

const name = fc.constantFrom("tills", "from-203.0.113.7", "no", "n", "e1", "1e3x", "été", "a.b_c-d");
const allow = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
const octet = fc.integer({ min: 1, max: 254 });
const address = fc.tuple(octet, octet).map(([a, b]) => `10.1.${a}.${b}`);
const terminal = fc.record(
  {
    label: fc.constantFrom(...TEXTS),
    serial: fc.constantFrom(...TEXTS),
    address,
    port: fc.integer({ min: 1, max: 65_535 }),
    allow,
  },
  { requiredKeys: [] },
);
const depot = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), terminal), { minLength: 1, maxLength: 6 }),
    fc.option(allow),
  )
  .map(([terminals, shared]) => ({
    ...(shared === null ? {} : { allow: shared }),
    terminals: terminalList(new Map(terminals.toSorted(([a], [b]) => a - b))),
  }));
const inventory: fc.Arbitrary<RawInventory> = fc.record({
  gateway: fc.constant({ address: "198.51.100.10" }),
  sources: fc.dictionary(name, fc.record({ addresses: fc.tuple(address), reason: fc.constantFrom(...TEXTS) })),
  depots: fc.dictionary(fc.integer({ min: 1, max: 72 }).map(String), depot),
  flows: fc.dictionary(name, fc.record({ listen: address.map((host) => `${host}:9001`), allow })),
  exceptions: fc.array(
    fc.record({ rule: fc.constant("source-any" as const), on: name, reason: fc.constantFrom(...TEXTS) }),
  ),
});

suite("writeInventory", () => {
  test("parse(print(x)) = x", () => {
    fc.assert(
      fc.property(inventory, (raw) => assert.deepEqual(parsed(writeInventory(raw)), plain(raw))),
      {
        numRuns: 500,
      },
    );
  });

  test("is what check accepts, where what it says is right", () => {
    const raw: RawInventory = {
      gateway: { address: "198.51.100.10" },
      sources: { tills: { addresses: ["203.0.113.7"], reason: "no: 22" } },
      depots: { 1: { allow: ["tills"], terminals: "1-14" }, 22: { terminals: { 3: null, 4: { serial: "0012" } } } },
    };
    const { inventory: read, findings } = readInventory({ "a.yaml": writeInventory(raw) }, NOW);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["nobody-enters"],
    );
    assert.equal(read?.depots[0]?.terminals.length, 14);
    assert.equal(read.depots[1]?.terminals[1]?.serial, "0012");
  });

  test("keeps what follows the plan on one line, and each source on its own", () => {
    const text = writeInventory(
      {
        gateway: { address: "198.51.100.10" },
        sources: { a: { addresses: ["203.0.113.7"] } },
        depots: { 1: { allow: ["a"], terminals: "1-14" }, 2: { terminals: [1, "4-6"] }, 3: { terminals: { 2: null } } },
      },
      ["One line", "and another"],
    );
    assert.equal(
      text,
      `# One line
# and another
gateway:
  address: 198.51.100.10

sources:
  a: { addresses: [ 203.0.113.7 ] }

depots:
  1:
    allow: [ a ]
    terminals: 1-14
  2:
    terminals: [ 1, 4-6 ]
  3:
    terminals:
      2:
`,
    );
  });
});

suite("terminalList", () => {
  const cases = [
    [[1], 1],
    [[4], [4]],
    [[1, 2, 3], "1-3"],
    [[4, 5], "4-5"],
    [
      [1, 3, 4, 5, 99],
      [1, "3-5", 99],
    ],
  ] as const;
  for (const [numbers, expected] of cases) {
    test(`${numbers.join(", ")} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(terminalList(new Map(numbers.map((number) => [number, {}]))), expected);
    });
  }
});

function parsed(text: string): unknown {
  const report = createReport();
  const { tree } = readYaml("a.yaml", text, report);
  assert.ok(tree?.kind === "mapping");
  const shape = shapeOf(tree, report);
  assert.deepEqual(report.findings(["a.yaml"]), [], text);
  return plain(shape?.data);
}

/** Without prototypes and the order of keys that are numbers. */
function plain(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data));
}
