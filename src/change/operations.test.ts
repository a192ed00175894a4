import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { openOperations } from "./operations-store.ts";
import { type Operation, type OperationRequest, operate, standings } from "./operations.ts";

const NOW = Date.UTC(2026, 11, 1, 12);
const by = "alice";

const after = (...requests: readonly Omit<OperationRequest, "by">[]): readonly Operation[] =>
  requests.reduce((list: readonly Operation[], each) => operate(list, { by, ...each }, NOW), []);

suite("operate", () => {
  test("closes and drains, saying who, when and why", () => {
    const flows = ["depot22-tpe01"];
    assert.deepEqual(after({ flows, state: "closed", reason: "till replaced" }), [
      { flow: "depot22-tpe01", state: "closed", by, at: NOW, reason: "till replaced" },
    ]);
  });

  test("the last word on each flow holds", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ flows: fc.subarray(["a", "b", "c"]), state: fc.constantFrom("closed", "draining", "open") }),
        ),
        (requests) => {
          const closed = standings(after(...requests));
          for (const flow of ["a", "b", "c"]) {
            const word = requests.findLast(({ flows }) => flows.includes(flow))?.state ?? "open";
            assert.equal(closed.get(flow) ?? "open", word);
          }
        },
      ),
    );
  });

  test("opening what is open changes nothing", () => {
    const list = after({ flows: ["a"], state: "closed" });
    assert.equal(operate(list, { by, flows: ["b"], state: "open" }, NOW), list);
  });

  test("refuses a reason that documents cannot carry, and is bounded", () => {
    assert.throws(() => after({ flows: ["a"], state: "closed", reason: "`x`" }), { code: "usage" });
    const many = Array.from({ length: 20_000 }, (_, index) => `flow/${index}`);
    const list = after({ flows: many, state: "closed" });
    assert.equal(list.length, 20_000);
    assert.throws(() => operate(list, { by, flows: ["one-more"], state: "closed" }, NOW), { code: "usage" });
  });
});

test("openOperations: closed is still closed after a restart", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-operations-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const store = await openOperations(folder);
  await store.update((list) => operate(list, { by, flows: ["a"], state: "closed" }, NOW));
  assert.deepEqual((await openOperations(folder)).value, store.value);
  assert.equal(store.value.length, 1);
});
