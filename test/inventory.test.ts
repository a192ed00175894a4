/** The inventory as a whole: every fixture has its findings, every code its fixture and its document, every key its line. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { suite, test } from "node:test";
import { format } from "prettier";
import { EcluseError } from "../src/errors.ts";
import { CATALOGUE } from "../src/inventory/catalogue.ts";
import { formatPlace } from "../src/inventory/finding.ts";
import { loadInventory, type LoadResult } from "../src/inventory/load.ts";
import { readInventory } from "../src/inventory/read.ts";
import { jsonSchema } from "../src/inventory/schema.ts";

const FIXTURES = "test/fixtures/inventory";
const NOW = Date.parse("2026-11-22T12:00:00Z");

suite("a wrong inventory", () => {
  for (const name of fixtures("invalid")) {
    test(`${name} has exactly its findings`, () => {
      const file = `${FIXTURES}/invalid/${name}.yaml`;
      assert.equal(
        asGolden(loadInventory(file, { now: NOW })),
        readFileSync(file.replace(".yaml", ".expected.txt"), "utf8"),
      );
    });
  }

  test("is refused where a finding is an error, and only there", () => {
    for (const name of fixtures("invalid")) {
      const { inventory, findings } = loadInventory(`${FIXTURES}/invalid/${name}.yaml`, { now: NOW });
      assert.ok(findings.length > 0, name);
      assert.equal(
        inventory === undefined,
        findings.some(({ severity }) => severity === "error"),
        name,
      );
    }
  });

  test("never brings a control character to a terminal", () => {
    for (const name of fixtures("invalid")) {
      for (const { message, hint } of loadInventory(`${FIXTURES}/invalid/${name}.yaml`, { now: NOW }).findings) {
        assert.doesNotMatch(message + hint, /\p{C}/u, name);
      }
    }
  });
});

suite("a right inventory", () => {
  for (const name of fixtures("valid")) {
    test(`${name} has nothing to find`, () => {
      const { inventory, findings } = loadInventory(`${FIXTURES}/valid/${name}.yaml`, { now: NOW });
      assert.deepEqual(findings, []);
      assert.ok(inventory);
    });
  }

  for (const name of readdirSync("examples").filter((file) => file.endsWith(".yaml"))) {
    test(`examples/${name} has nothing to find`, () => {
      assert.deepEqual(loadInventory(`examples/${name}`, { now: NOW }).findings, []);
    });
  }

  test("terminals of one depot share one list of rights", () => {
    const { inventory } = loadInventory(`${FIXTURES}/valid/ranges.yaml`, { now: NOW });
    const terminals = inventory?.depots[0]?.terminals ?? [];
    assert.equal(terminals.length, 99);
    assert.ok(terminals.every(({ grants }) => grants === terminals[0]?.grants));
  });

  test("is merged from its files", () => {
    const { inventory, files } = loadInventory(`${FIXTURES}/valid/include.yaml`, { now: NOW });
    assert.deepEqual(
      files.map(({ file }) => basename(file)),
      ["include.yaml", "depot22.yaml", "flows.yaml"],
    );
    assert.deepEqual(
      inventory?.depots.map(({ number }) => number),
      [1, 22],
    );
    assert.equal(inventory.gateway.limits.idle, 240_000);
    assert.equal(inventory.flows[0]?.name, "callback");
  });

  test("has the usual queue where no other is written, and none where nobody waits", () => {
    const { inventory } = loadInventory(`${FIXTURES}/valid/queues.yaml`, { now: NOW });
    assert.deepEqual(
      inventory?.depots[0]?.terminals.map(({ queue }) => queue),
      [{ length: 4, wait: 30_000 }, { length: 1_000, wait: 3_600_000 }, undefined, undefined],
    );
    assert.deepEqual(inventory.flows[0]?.queue, { length: 4, wait: 5_000 });
  });

  test("names balancers, and knows what targets are told", () => {
    const { inventory } = loadInventory(`${FIXTURES}/valid/balancers.yaml`, { now: NOW });
    assert.deepEqual(
      inventory?.flows.map(({ acceptProxy, sendProxy }) => [acceptProxy, sendProxy]),
      [
        [["front"], "v1"],
        [["front", "proxy"], "v2"],
        [undefined, undefined],
      ],
    );
  });

  test("inherits owner and reviews from the depot, and has its next review six months later", () => {
    const { inventory } = loadInventory(`${FIXTURES}/valid/accountability.yaml`, { now: NOW });
    const [first, second] = inventory?.depots[0]?.terminals ?? [];
    assert.deepEqual([first?.owner, first?.nextReview], ["Région", "2027-04-30"]);
    assert.deepEqual([second?.owner, second?.reviewed, second?.nextReview], ["Autre", "2026-10-31", "2026-12-31"]);
  });
});

suite("a file", () => {
  test("that is not there is an error with its hint", () => {
    assert.throws(
      () => loadInventory("no/such.yaml"),
      isUnreadable(/^Cannot read the inventory no\/such\.yaml: no such file$/),
    );
  });

  test("that is a folder is an error", () => {
    assert.throws(() => loadInventory("test"), isUnreadable(/it is a folder$/));
  });

  test("of more than 8 MiB is a finding, without being read", () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-"));
    try {
      writeFileSync(join(folder, "huge.yaml"), Buffer.alloc(8 * 1024 * 1024 + 1, "# \n"));
      assert.deepEqual(codes(loadInventory(join(folder, "huge.yaml"))), ["too-large"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

suite("a hostile file is one finding", () => {
  const million = 1 << 20;
  const files = {
    "a million brackets": "[".repeat(million),
    "a million braces": "{a: ".repeat(million),
    "a million dashes": "- ".repeat(million),
    "a million question marks": "? ".repeat(million),
    "a million colons": ": ".repeat(million),
    "a million quotes": '"'.repeat(million),
    "a million anchors": "&a ".repeat(million),
    "a million documents": "---\n".repeat(million),
    "a deep staircase": Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
    "a billion laughs": laughs(),
  };
  for (const [name, text] of Object.entries(files)) {
    test(name, () => assert.deepEqual(codes(readInventory({ "ecluse.yaml": text }, NOW)), ["too-large"]));
  }

  test("but anchors used honestly are read", () => {
    const { inventory } = loadInventory(`${FIXTURES}/valid/anchors.yaml`, { now: NOW });
    assert.equal(inventory?.depots.length, 3);
  });
});

suite("docs/findings.md", () => {
  const text = readFileSync("docs/findings.md", "utf8");

  test("has one section per code, in the order of the catalogue, and no other", () => {
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(sections, Object.keys(CATALOGUE));
  });

  test("names each code's title and severity, with an example", () => {
    for (const [code, { title, severity }] of Object.entries(CATALOGUE)) {
      const section = text.split(`\n## ${code}\n`)[1]?.split("\n## ")[0] ?? "";
      assert.ok(section.replaceAll(/\s+/g, " ").includes(`${title}: ${severity}.`), code);
      assert.match(section, /```yaml\n/, code);
    }
  });

  test("has no code that no fixture produces", () => {
    const produced = new Set(
      fixtures("invalid").flatMap((name) => codes(loadInventory(`${FIXTURES}/invalid/${name}.yaml`, { now: NOW }))),
    );
    assert.deepEqual([...produced].sort(), Object.keys(CATALOGUE).sort());
  });
});

suite("schema/inventory.json", () => {
  test("is what npm run schema writes", async () => {
    const written = await format(JSON.stringify(jsonSchema()), { parser: "json", printWidth: 120 });
    assert.equal(readFileSync("schema/inventory.json", "utf8"), written);
  });
});

suite("docs/inventory.md", () => {
  test("has a line for every key of the schema, and no other", () => {
    const documented = [...readFileSync("docs/inventory.md", "utf8").matchAll(/^\| `([^`]+)` /gm)].map(
      ([, key]) => key,
    );
    const keys = new Set(keysOf(jsonSchema() as Schema, "").map(shared));
    assert.deepEqual(documented.sort(), [...keys].sort());
  });
});

function fixtures(folder: string): readonly string[] {
  const files = readdirSync(`${FIXTURES}/${folder}`).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => file.slice(0, -".yaml".length));
}

function asGolden({ findings }: LoadResult): string {
  return findings
    .map(({ place, severity, code, message, hint }) => {
      const home = `${FIXTURES}/invalid/`;
      return `${formatPlace(place)} ${severity} ${code}\n  ${message}\n  ${hint}\n`.replaceAll(home, "");
    })
    .join("");
}

function codes({ findings }: LoadResult): readonly string[] {
  return findings.map(({ code }) => code);
}

function isUnreadable(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof EcluseError &&
    error.code === "inventory-unreadable" &&
    message.test(error.message) &&
    error.hint !== "";
}

function laughs(): string {
  const line = (level: number): string =>
    `a${level}: &a${level} [${Array(10)
      .fill(`*a${level - 1}`)
      .join(", ")}]\n`;
  return `a0: &a0 [${Array(10).fill("x").join(", ")}]\n${Array.from({ length: 30 }, (_, level) => line(level + 1)).join("")}`;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

function keysOf(schema: Schema, path: string): readonly string[] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  const named = Object.entries(properties).flatMap(([key, value]) => {
    const here = path === "" ? key : `${path}.${key}`;
    return [here, ...keysOf(value, here)];
  });
  return [
    ...named,
    ...anyOf.flatMap((other) => keysOf(other, path)),
    ...(typeof additionalProperties === "object" ? keysOf(additionalProperties, `${path}.*`) : []),
    ...(items === undefined ? [] : keysOf(items, `${path}[]`)),
  ];
}

/** Rights and responsibility are the same wherever they stand, and have one table each. */
function shared(key: string): string {
  const right = /(?:allow|extra)\[\]\.(\w+)$/.exec(key)?.[1];
  if (right !== undefined) return `allow[].${right}`;
  const about = /\*\.(owner|reason|approver|reviewed|nextReview)$/.exec(key)?.[1];
  return about === undefined ? key : `*.${about}`;
}
