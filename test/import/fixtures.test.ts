/**
 * Imports: each folder of `test/fixtures/import` is read as its `options.json` says, and must be told and written as its
 * `expected.txt` has it. After a change that is meant: `UPDATE=1`, then read the difference.
 */
import { parseAddress, parseNetwork, type Network } from "@ecluse/guard/address";
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { formatPlace } from "../../src/inventory/finding.ts";
import { IMPORT_CATALOGUE } from "../../src/inventory/import/catalogue.ts";
import { type Imported, importInventory, type Input } from "../../src/inventory/import/import.ts";
import { readInventory } from "../../src/inventory/read.ts";

const FIXTURES = "test/fixtures/import";
const NOW = Date.parse("2026-11-22T12:00:00Z");

interface Given {
  readonly compose?: readonly string[];
  readonly ufw?: readonly string[];
  readonly csv?: readonly string[];
  readonly address?: string;
  readonly sources?: readonly string[];
  readonly profiles?: readonly string[];
  readonly repair?: boolean;
}

suite("an import", () => {
  for (const name of readdirSync(FIXTURES)) {
    test(`${name}: told and written as expected`, () => {
      const file = join(FIXTURES, name, "expected.txt");
      const actual = asGolden(importFixture(name));
      if (process.env["UPDATE"] === "1") writeFileSync(file, actual);
      assert.equal(actual, existsSync(file) ? readFileSync(file, "utf8") : "");
    });
  }

  test("writes only what check accepts, and nothing where a finding is an error", () => {
    for (const name of readdirSync(FIXTURES)) {
      const { inventory, findings } = importFixture(name);
      assert.equal(inventory === undefined, findings.some(({ severity }) => severity === "error") || isHomeless(name));
      if (inventory === undefined) continue;
      const judged = readInventory({ [name]: inventory }, NOW).findings;
      assert.deepEqual(
        judged.filter(({ severity, code }) => severity === "error" || code !== "nobody-enters"),
        [],
        name,
      );
    }
  });

  test("never brings a control character to a terminal", () => {
    for (const name of readdirSync(FIXTURES)) {
      const { deeds, findings } = importFixture(name);
      for (const { text } of deeds) assert.doesNotMatch(text, /\p{C}/u, name);
      for (const { message, hint } of findings) assert.doesNotMatch(message + hint, /\p{C}/u, name);
    }
  });

  test("the three formats of ufw say the same", () => {
    const [tuples, added, status] = ["ufw-tuples", "ufw-added", "ufw-status"].map((name) => {
      return importFixture(name).inventory?.replace(/^#.*\n#.*\n/, "");
    });
    assert.ok(tuples !== undefined && tuples.length > 0);
    assert.equal(added, tuples);
    assert.equal(status, tuples);
  });
});

suite("docs/import.md", () => {
  const text = readFileSync("docs/import.md", "utf8");

  test("has a line for every code of an import, with its severity, and for no other", () => {
    const documented = [...text.matchAll(/^\| `([a-z-]+)` +\| (error|warning|notice)/gm)].map(([, code, severity]) => [
      code,
      severity,
    ]);
    const codes = Object.entries(IMPORT_CATALOGUE).map(([code, { severity }]) => [code, severity]);
    assert.deepEqual(documented, codes);
  });

  test("has no code that no fixture produces", () => {
    const produced = new Set(
      readdirSync(FIXTURES).flatMap((name) => importFixture(name).findings.map(({ code }) => code)),
    );
    assert.deepEqual(
      Object.keys(IMPORT_CATALOGUE).filter((code) => !produced.has(code)),
      [],
    );
  });
});

function isHomeless(name: string): boolean {
  return optionsOf(name).address === undefined && importFixture(name).publishedOn.length !== 1;
}

function optionsOf(name: string): Given {
  return JSON.parse(readFileSync(join(FIXTURES, name, "options.json"), "utf8")) as Given;
}

function importFixture(name: string): Imported {
  const given = optionsOf(name);
  const inputs = (["compose", "ufw", "csv"] as const).flatMap((format) =>
    (given[format] ?? []).map((file): Input => {
      return { format, name: file, content: readFileSync(join(FIXTURES, name, file)) };
    }),
  );
  const address = parseAddress(given.address ?? "");
  return importInventory(inputs, {
    ...(address === undefined ? {} : { address }),
    sources: (given.sources ?? []).map((text) => {
      const [source = "", network = ""] = text.split("=");
      return { name: source, networks: [parseNetwork(network) as Network] };
    }),
    profiles: given.profiles ?? [],
    repair: given.repair ?? false,
    now: NOW,
  });
}

function asGolden({ deeds, findings, inventory }: Imported): string {
  const did = deeds.map(({ place, text }) => `${formatPlace(place)}: ${text}\n`).join("");
  const found = findings.map(({ place, severity, code, message, hint }) => {
    return `${formatPlace(place)} ${severity} ${code}\n  ${message}\n  ${hint}\n`;
  });
  return `${did}\n${found.join("")}\n${inventory ?? "(nothing written)\n"}`;
}
