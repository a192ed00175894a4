/** Whatever a file holds, an import ends with findings or with an inventory that check accepts; never with a bug. */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type Format, FORMATS, importInventory } from "../../src/inventory/import/import.ts";
import { readInventory } from "../../src/inventory/read.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const FIXTURES = "test/fixtures/import";

/** Names and values that shells, YAML, objects and terminals mind. */
const HOSTILE = [
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "<<",
    "*a",
    "&a",
    "!!js/function",
    "? a",
    "- -",
    "%TAG",
  ],
  ...["$(id)", "`id`", "'; rm -rf /", '"', "\u001b[31m", "\u202e", "\u0000", "\ud800", "\r", "\t", "ı", "K", "ﬁ", "ㅤ"],
  ...["TODO", "IP_ADMIN", "any", "depots", "depot22", "tpe1", "service", "22:22", "1e3", "0x1F", "~", "null", "no"],
  ...["0.0.0.0", "127.0.0.1", "169.254.169.254", "255.255.255.255", "::1", "999.1.1.1", "172.17.0.0", "198.51.100.10"],
  ...["```", "services:", "### tuple ###", "Status: active", "[ 1]", "depot;tpe;ip", "-1", "99999", "10101:8888"],
];

suite("a hostile file", () => {
  test("of words that shells, YAML and terminals mind", () => {
    const word = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 6 }));
    const service = fc.tuple(word, word, word, word).map(([name, target, ports, host]) => {
      return `  ${name}:\n    command: ${target} 8888\n    ports: [ "${ports}", "${host}:10101:8888" ]\n    environment: { TARGET_HOST: ${host} }\n`;
    });
    const rule = fc.tuple(word, word, word).map(([from, to, comment]) => {
      return `ufw allow from ${from} to ${to} port 10101 comment '${comment}'\n### tuple ### allow tcp ${to} 0.0.0.0/0 any ${from} in comment=${comment}\n[ 1] ${to} ALLOW IN ${from} # ${comment}\n`;
    });
    const row = fc.array(word, { maxLength: 6 }).map((cells) => `${cells.join(";")}\n`);
    const texts = fc.tuple(fc.array(service), fc.array(rule), fc.array(row)).map(([services, rules, rows]) => ({
      compose: `services:\n${services.join("")}`,
      ufw: rules.join(""),
      csv: `dépôt;TPE;IP;port public;libellé;série\n${rows.join("")}`,
    }));
    fc.assert(
      fc.property(texts, fc.boolean(), ({ compose, ufw, csv }, repair) => {
        judge(
          [
            ["compose", compose],
            ["ufw", ufw],
            ["csv", csv],
          ],
          repair,
        );
        judge([["compose", compose]], repair);
        judge([["ufw", ufw]], false);
        judge([["csv", csv]], false);
      }),
      { numRuns: 150 },
    );
  });

  test("of a good one with pieces cut out, doubled or replaced", () => {
    const good = FORMATS.flatMap((format) => texts().map((text) => [format, text] as const));
    const edit = fc.record({ from: fc.nat(), length: fc.nat({ max: 60 }), by: fc.constantFrom("", ...HOSTILE) });
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(edit, { maxLength: 4 }),
        fc.boolean(),
        ([format, text], edits, repair) => {
          const edited = edits.reduce((now, { from, length, by }) => {
            const at = from % (now.length + 1);
            return now.slice(0, at) + by + now.slice(at + length);
          }, text);
          judge([[format, edited]], repair);
        },
      ),
      { numRuns: 250 },
    );
  });

  test("of any bytes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), fc.uint8Array({ maxLength: 200 }), (format, bytes) => {
        judge([[format, bytes]], false);
      }),
    );
  });

  const large = {
    "a million brackets": ["compose", `services: ${"[".repeat(1 << 20)}`],
    "ten thousand services": ["compose", `services:\n${"  a: {}\n".repeat(10_000)}`],
    "ranges over ranges": [
      "compose",
      `services:\n  a:\n    command: 172.17.1.10 8888\n    ports:\n${'      - "1-7000:1-7000"\n'.repeat(300)}`,
    ],
    "a million quotes": ["csv", `depot;tpe\n${'"'.repeat(1 << 20)}`],
    "twenty thousand rows": ["csv", `depot;tpe\n${"1;1\n".repeat(20_000)}`],
    "a hundred thousand fences": ["ufw", "```\n".repeat(100_000)],
    "a line of a million words": ["ufw", `ufw allow ${"from ".repeat(200_000)}`],
    "a row of a million blanks": ["ufw", `Status: active\n[ 1] ${" ".repeat(200_000)}x\n`],
    "a tuple of a million words": ["ufw", `### tuple ### ${"a ".repeat(200_000)}`],
    "a table's row of blanks": ["csv", `172.17.1.0/24 TPE1 .10 ${" ".repeat(200_000)}x\n`],
  } as const;
  for (const [name, [format, text]] of Object.entries(large)) {
    test(`of ${name}`, () => judge([[format, text]], true));
  }
});

function texts(): readonly string[] {
  return readdirSync(FIXTURES).flatMap((name) =>
    readdirSync(join(FIXTURES, name))
      .filter((file) => !["expected.txt", "options.json"].includes(file))
      .map((file) => readFileSync(join(FIXTURES, name, file), "utf8")),
  );
}

function judge(inputs: readonly (readonly [Format, string | Uint8Array])[], repair: boolean): void {
  const { inventory, findings, deeds } = importInventory(
    inputs.map(([format, content]) => ({ format, name: `${format}.txt`, content })),
    { address: parseAddress("198.51.100.10") as Ipv4, sources: [], profiles: [], repair, now: NOW },
  );
  const errors = findings.filter(({ severity }) => severity === "error");
  assert.equal(inventory === undefined, errors.length > 0);
  for (const { message, hint } of findings) assert.doesNotMatch(message + hint, /\p{C}/u);
  for (const { text } of deeds) assert.doesNotMatch(text, /\p{C}/u);
  if (inventory !== undefined) assert.ok(readInventory({ "ecluse.yaml": inventory }, NOW).inventory, inventory);
}
