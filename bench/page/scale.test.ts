import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ticks } from "./scale.ts";

test("ticks are round", () => {
  assert.deepEqual(ticks(1.7, 4), [0, 0.5, 1, 1.5, 2]);
  assert.deepEqual(ticks(100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(0, 5), [0, 1]);
});

test("ticks begin with 0, reach the largest value, and are no more than asked for", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.integer({ min: 2, max: 10 }), (largest, count) => {
      const all = ticks(largest, count);
      assert.equal(all[0], 0);
      assert.ok((all.at(-1) ?? NaN) >= largest * (1 - 1e-9));
      assert.ok(all.length <= count + 1);
    }),
  );
});
