/** Lists that people rely on, compared with their documents both ways. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { AUDIT_CATALOGUE } from "../src/audit/catalogue.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { CHECKED } from "../src/diagnose/catalogue.ts";
import { OUTCOMES } from "../src/engine/records.ts";
import { ERROR_CODES } from "../src/errors.ts";
import { TARGETS } from "../src/render/targets.ts";
import { CAPABILITIES, type Capability } from "../src/inventory/engines.ts";
import { BEHAVIOURS } from "../src/simulate/behaviours.ts";
import { PROBLEMS } from "../src/web/server/problem.ts";

suite("docs/errors.md", () => {
  test("has one section per error code, and no other", () => {
    assert.deepEqual(sections("docs/errors.md"), [...ERROR_CODES]);
  });
});

suite("docs/engines.md", () => {
  test("has the capability table, row by row, and no other", () => {
    const rows = readFileSync("docs/engines.md", "utf8").matchAll(/^\| `([a-z-]+)` +\| (.+?) +\| (.+?) +\|$/gm);
    assert.deepEqual(
      Array.from(rows, ([, name, what, kernel]) => [name, what, kernel]),
      Object.entries(CAPABILITIES).map(([name, { what, kernel }]) => [name, what, inWords(kernel)]),
    );
  });
});

function inWords(kernel: Capability["kernel"]): string {
  if (kernel.is === "same") return "same";
  return `${kernel.is}: ${kernel.is === "different" ? kernel.how : kernel.instead}`;
}

suite("docs/cli.md", () => {
  test("has one section per command, in the order of --help", () => {
    assert.deepEqual(
      sections("docs/cli.md"),
      COMMANDS.map(({ name }) => name),
    );
  });

  for (const command of COMMANDS) {
    test(`${command.name}: its summary, example and exactly its options`, () => {
      const text = section("docs/cli.md", command.name);
      assert.ok(text.includes(command.example), `the example "${command.example}" is missing`);
      const documented = [...text.matchAll(/^\| `--([a-z-]+)/gm)].map(([, name]) => name);
      assert.deepEqual(
        documented,
        command.options.map(({ name }) => name),
      );
    });
  }

  test("simulate: exactly its behaviours", () => {
    const documented = [...section("docs/cli.md", "simulate").matchAll(/^\| `([a-z][a-z-]*)` +\|/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(documented, Object.keys(BEHAVIOURS));
  });
});

suite("docs/render.md", () => {
  test("lists every target with its summary, has a section for each, and no other", () => {
    const text = readFileSync("docs/render.md", "utf8");
    const listed = [...text.matchAll(/^\| `([a-z-]+)` +\| (.+?) +\|$/gm)].map(([, name, summary]) => ({
      name,
      summary,
    }));
    assert.deepEqual(
      listed,
      TARGETS.map(({ name, summary }) => ({ name, summary })),
    );
    assert.deepEqual(
      sections("docs/render.md"),
      TARGETS.map(({ name }) => name),
    );
  });
});

suite("docs/audit.md", () => {
  test("has one section per code of an audit, with its title and severity, and no other", () => {
    const codes = Object.entries(AUDIT_CATALOGUE);
    assert.deepEqual(
      sections("docs/audit.md"),
      codes.map(([code]) => code),
    );
    for (const [code, { title, severity }] of codes) {
      assert.ok(section("docs/audit.md", code).includes(`${title}: ${severity}.`), code);
    }
  });
});

suite("docs/doctor.md", () => {
  test("has one section per check, with why it matters, and no other", () => {
    const checks = Object.entries(CHECKED);
    assert.deepEqual(
      sections("docs/doctor.md"),
      checks.map(([code]) => code),
    );
    for (const [code, why] of checks) {
      const text = section("docs/doctor.md", code).replaceAll(/\s+/g, " ");
      assert.ok(text.includes(`${why}.`), code);
    }
  });
});

suite("docs/glossary.md", () => {
  test("names every outcome of a session, and no other", () => {
    const documented = [...section("docs/glossary.md", "Outcomes").matchAll(/^\| `([a-z-]+)`/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(documented, [...OUTCOMES]);
  });
});

suite("docs/dashboard.md", () => {
  test("has one row per problem that the dashboard's server has, and no other", () => {
    const documented = [...readFileSync("docs/dashboard.md", "utf8").matchAll(/^\| `([a-z-]+)` +\| [0-9, ]+\|/gm)];
    assert.deepEqual(
      documented.map(([, code]) => code),
      [...PROBLEMS],
    );
  });
});

suite("docs/decisions/dependencies.md", () => {
  test("gives a reason for every package that package.json names, and for no other", () => {
    const { dependencies, devDependencies, overrides } = JSON.parse(
      readFileSync("package.json", "utf8"),
    ) as Dependencies;
    const runtime = JSON.parse(readFileSync("tools/runtime/package.json", "utf8")) as Dependencies;
    const guard = JSON.parse(readFileSync("packages/guard/package.json", "utf8")) as Dependencies;
    assert.equal(guard.dependencies, undefined, "the guard has no dependency");
    const lists = [dependencies, devDependencies, runtime.optionalDependencies, guard.devDependencies, overrides];
    const named = lists.flatMap((list) => Object.keys(list ?? {}));
    const text = readFileSync("docs/decisions/dependencies.md", "utf8");
    const documented = [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name ?? "");
    assert.deepEqual(documented.sort(), named.filter((name) => !name.startsWith("@ecluse/")).sort());
  });

  test("every version is exact", () => {
    const { dependencies, devDependencies, overrides } = JSON.parse(
      readFileSync("package.json", "utf8"),
    ) as Dependencies;
    const guard = JSON.parse(readFileSync("packages/guard/package.json", "utf8")) as Dependencies;
    const versions = { ...dependencies, ...devDependencies, ...guard.devDependencies, ...overrides };
    for (const [name, version] of Object.entries(versions)) {
      assert.match(version, /^(?:npm:[a-z]+@)?\d+\.\d+\.\d+$/, name);
    }
  });
});

interface Dependencies {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

function sections(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/^## (.+)$/gm)].map(([, title]) => title ?? "");
}

function section(file: string, title: string): string {
  const parts = readFileSync(file, "utf8").split(/^## /m);
  return parts.find((part) => part.startsWith(`${title}\n`)) ?? "";
}
