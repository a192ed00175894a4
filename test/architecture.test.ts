/**
 * Who may import whom. A room imports only words more general than its own, and siblings do not know each other; the
 * table below is the map of CONTRIBUTING.md, and a file that no row covers is a mistake too.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

/** Room -> the rooms it may import, besides itself. A room is a folder, or a file of its own. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "packages/guard": [],
  "src/errors.ts": [],
  "src/http.ts": [],
  "src/version.ts": [],
  "src/netfilter": ["src/errors.ts"],
  "src/inventory": ["packages/guard", "src/errors.ts"],
  "src/policy": ["packages/guard", "src/inventory"],
  "src/engine": ["packages/guard", "src/errors.ts", "src/netfilter", "src/inventory", "src/policy"],
  "src/observe": ["packages/guard", "src/http.ts", "src/inventory", "src/policy", "src/engine"],
  "src/change": ["packages/guard", "src/errors.ts", "src/inventory", "src/policy", "src/engine"],
  "src/journal": ["packages/guard", "src/errors.ts", "src/inventory", "src/policy", "src/engine", "src/observe"],
  "src/take-over": [
    "packages/guard",
    "src/errors.ts",
    "src/version.ts",
    "src/inventory",
    "src/policy",
    "src/engine",
    "src/observe",
  ],
  "src/render": ["packages/guard", "src/errors.ts", "src/version.ts", "src/inventory", "src/policy"],
  "src/audit": ["packages/guard", "src/errors.ts", "src/inventory", "src/policy"],
  "src/logs": [],
  "src/diagnose": ["packages/guard", "src/errors.ts", "src/inventory", "src/policy", "src/audit"],
  "src/control": ["src/errors.ts", "src/http.ts"],
  "src/simulate": ["packages/guard", "src/errors.ts"],
  "src/load": ["src/simulate"],
  "src/accept": ["packages/guard", "src/inventory", "src/policy", "src/load"],
  "src/probe": ["packages/guard", "src/inventory", "src/policy", "src/engine", "src/simulate"],
  "src/shield": ["packages/guard", "src/errors.ts", "src/netfilter", "src/inventory", "src/policy", "src/engine"],
  "src/gateway": [
    "packages/guard",
    "src/inventory",
    "src/policy",
    "src/engine",
    "src/observe",
    "src/journal",
    "src/probe",
    "src/shield",
  ],
  "src/answers": [
    "packages/guard",
    "src/errors.ts",
    "src/version.ts",
    "src/inventory",
    "src/policy",
    "src/engine",
    "src/observe",
    "src/journal",
    "src/change",
    "src/control",
    "src/probe",
    "src/shield",
    "src/gateway",
  ],
  "src/web/dashboard-process.ts": ["packages/guard", "src/inventory", "src/engine"],
  // Types of answers, and what both sides may know; what it runs in a browser is its own.
  "src/web/page": ["src/policy", "src/observe", "src/journal", "src/change", "src/audit", "src/answers"],
  "src/web/server": [
    "src/http.ts",
    "packages/guard",
    "src/errors.ts",
    "src/version.ts",
    "src/inventory",
    "src/policy",
    "src/engine",
    "src/change",
    "src/render",
    "src/audit",
    "src/control",
    "src/answers",
  ],
  "src/managed-gateway": [
    "src/errors.ts",
    "src/version.ts",
    "src/inventory",
    "src/policy",
    "src/engine",
    "src/observe",
    "src/journal",
    "src/change",
    "src/take-over",
    "src/control",
    "src/probe",
    "src/shield",
    "src/gateway",
    "src/answers",
    "src/web/dashboard-process.ts",
  ],
  "src/cli": [
    "packages/guard",
    "src/errors.ts",
    "src/version.ts",
    "src/inventory",
    "src/policy",
    "src/engine",
    "src/observe",
    "src/journal",
    "src/change",
    "src/take-over",
    "src/control",
    "src/simulate",
    "src/logs",
    "src/render",
    "src/audit",
    "src/load",
    "src/accept",
    "src/probe",
    "src/diagnose",
    "src/gateway",
    "src/answers",
    "src/web/dashboard-process.ts",
    "src/web/server",
    "src/managed-gateway",
  ],
};

const PACKAGES: Readonly<Record<string, string>> = { "@ecluse/guard/address": "packages/guard/src/address.ts" };

/** Rooms that must not touch the machine: no socket, no file, no clock. What they may use of Node all the same. */
const PURE: Readonly<Record<string, readonly string[]>> = { "src/policy": [], "src/render": ["node:crypto"] };

const files = globSync(["src/**/*.ts", "packages/*/src/**/*.ts"]).filter((file) => !file.endsWith(".test.ts"));

test("every file belongs to a room", () => {
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter((file) => roomOf(file) === undefined),
    [],
  );
});

test("the map of CONTRIBUTING.md names every room once", () => {
  const named = [...readFileSync("CONTRIBUTING.md", "utf8").matchAll(/^\| `([^`]+)`/gm)].map(([, room]) => room);
  assert.deepEqual(named.toSorted(), [...Object.keys(ROOMS), "bench", "examples", "test"].toSorted());
});

test("a room imports only words more general than its own", () => {
  const trespasses = files.flatMap((file) =>
    importsOf(file)
      .map((name) => ({ name, target: resolved(file, name) }))
      .filter(({ target }) => target !== undefined && !mayImport(file, target))
      .map(({ name }) => `${file} imports ${name}`),
  );
  assert.deepEqual(trespasses, []);
});

test("the table has no circle", () => {
  const order = Object.keys(ROOMS);
  const upward = order.flatMap((room, index) =>
    (ROOMS[room] ?? []).filter((other) => order.indexOf(other) >= index).map((other) => `${room} -> ${other}`),
  );
  assert.deepEqual(upward, []);
});

test("a pure room imports nothing of the machine", () => {
  const impure = files
    .flatMap((file) => importsOf(file).map((name) => ({ file, name, pure: PURE[roomOf(file) ?? ""] })))
    .filter(({ name, pure }) => name.startsWith("node:") && pure?.includes(name) === false);
  assert.deepEqual(impure, []);
});

test("node:http is had by src/http.ts, and its types alone are imported: else undici is loaded, too", () => {
  const imported = files.filter(
    (file) => file.startsWith("src/") && /^import (?!type)[^;]* from "node:http";$/m.test(readFileSync(file, "utf8")),
  );
  assert.deepEqual(imported, []);
});

test("a table that forbids an import in use is seen to fail", () => {
  assert.equal(mayImport("src/policy/decide.ts", "src/engine/engine.ts"), false);
  assert.equal(mayImport("src/simulate/till.ts", "src/inventory/model.ts"), false);
  assert.equal(mayImport("src/engine/engine.ts", "src/policy/policy.ts"), true);
});

function mayImport(file: string, target: string): boolean {
  const from = roomOf(file);
  const to = roomOf(target);
  return from !== undefined && to !== undefined && (from === to || ROOMS[from]?.includes(to) === true);
}

function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS).find((room) => file === room || file.startsWith(`${room}/`));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:^(?:import|export)[^"']*?from\s+|\bimport\()"([^"]+)"/gm)].map(([, name]) => name ?? "");
}

/** The file of this repository that an import names; `undefined` for a library. */
function resolved(file: string, name: string): string | undefined {
  if (name.startsWith(".")) return normalize(join(dirname(file), name));
  return PACKAGES[name];
}
