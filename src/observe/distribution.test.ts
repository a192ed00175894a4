import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Distribution } from "./distribution.ts";

suite("Distribution", () => {
  test("a value on a bound is at most that bound; one above all of them comes last", () => {
    const seen = new Distribution([1, 2.5]);
    for (const value of [0, 1, 1.1, 2.5, 3]) seen.see(value);
    assert.deepEqual(seen.values, { bounds: [1, 2.5], counts: [2, 2, 1], sum: 7.6 });
  });

  test("what two have seen, added, is what one would have seen", () => {
    const values = fc.array(fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(values, values, (ours, theirs) => {
        const [one, other, both] = [new Distribution([3, 6]), new Distribution([3, 6]), new Distribution([3, 6])];
        for (const value of ours) one.see(value);
        for (const value of theirs) other.see(value);
        for (const value of [...ours, ...theirs]) both.see(value);
        one.add(other.values);
        assert.deepEqual(one.values, both.values);
      }),
    );
  });

  test("what another version counted by other bounds is left out", () => {
    const seen = new Distribution([1]);
    seen.add({ bounds: [1, 2], counts: [1, 1, 1], sum: 9 });
    assert.deepEqual(seen.values, { bounds: [1], counts: [0, 0], sum: 0 });
  });
});
