/** What is imported is what was: the same doors to the same targets for the same sources, and no other. */
import { formatAddress, formatNetwork, type Ipv4, parseAddress } from "@ecluse/guard/address";
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { importInventory, type Imported } from "../../src/inventory/import/import.ts";
import type { Inventory } from "../../src/inventory/model.ts";
import { readInventory } from "../../src/inventory/read.ts";
import { compile } from "../../src/policy/compile.ts";
import { composeOf, type FlowShape, GATEWAY, type OldDoor, oldWorld, rulesOf, shapeOfDoors } from "./old-world.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const style = fc.integer({ min: 0, max: 59 });

suite("an import of compose and ufw", () => {
  test("has the same flows as the old world", () => {
    fc.assert(
      fc.property(oldWorld, style, (doors, style) => {
        const { inventory } = imported(doors, style);
        assert.deepEqual(shapeOfInventory(inventory), shapeOfDoors(doors));
      }),
      { numRuns: 150 },
    );
  });

  test("is written the same twice", () => {
    fc.assert(
      fc.property(oldWorld, style, (doors, style) => {
        assert.equal(imported(doors, style).inventory, imported(doors, style).inventory);
      }),
      { numRuns: 50 },
    );
  });

  test("accounts for every door and every rule, at its line", () => {
    fc.assert(
      fc.property(oldWorld, style, (doors, style) => {
        const { deeds } = imported(doors, style);
        const told = (file: string): number =>
          new Set(deeds.filter(({ place }) => place.file === file).map(({ place }) => place.line)).size;
        assert.equal(told("compose.yml"), doors.length);
        const rules = doors.reduce((sum, { sources }) => sum + sources.length, 0);
        // One more line: `ufw enable`, or the denial of the tuples.
        assert.equal(told("rules"), rules + (style % 3 === 2 ? 0 : 1));
      }),
      { numRuns: 100 },
    );
  });
});

function imported(doors: readonly OldDoor[], style: number): Imported {
  const inputs = [
    { format: "compose", name: "compose.yml", content: composeOf(doors, style) },
    { format: "ufw", name: "rules", content: rulesOf(doors, style) },
  ] as const;
  const address = parseAddress(GATEWAY) as Ipv4;
  const result = importInventory(inputs, { address, sources: [], profiles: [], repair: false, now: NOW });
  assert.deepEqual(
    result.findings.filter(({ severity }) => severity === "error"),
    [],
  );
  return result;
}

function shapeOfInventory(text: string | undefined): FlowShape {
  const { inventory, findings } = readInventory({ "ecluse.yaml": text ?? "" }, NOW);
  assert.ok(inventory, JSON.stringify(findings));
  const entries = compile(inventory).flows.map((flow) => {
    const [endpoint, ...more] = flow.endpoints;
    assert.ok(endpoint !== undefined && more.length === 0 && flow.kind === "relayed");
    const target = `${formatAddress(flow.target.address)}:${flow.target.port}`;
    const sources = flow.grants.flatMap(({ source }) => networksOf(inventory, source)).toSorted();
    return [`${formatAddress(endpoint.address)}:${endpoint.port}`, { target, sources }] as const;
  });
  return Object.fromEntries(entries);
}

function networksOf({ sources }: Inventory, name: string): readonly string[] {
  return sources.find((source) => source.name === name)?.networks.map(formatNetwork) ?? [];
}
