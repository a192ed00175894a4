import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { numberTerminals } from "./terminal-numbers.ts";

type Raw = Parameters<typeof numberTerminals>[0];

suite("numberTerminals", () => {
  const table: readonly (readonly [Raw, readonly number[]])[] = [
    [3, [1, 2, 3]],
    ["5-7", [5, 6, 7]],
    ["9-9", [9]],
    [
      [1, "4-5", 9],
      [1, 4, 5, 9],
    ],
    [{ 7: {}, 2: null }, [2, 7]],
  ];
  for (const [raw, numbers] of table) {
    test(`reads ${JSON.stringify(raw)}`, () => {
      const { terminals, bad } = numberTerminals(raw);
      assert.deepEqual(
        terminals.map(({ number }) => number),
        numbers,
      );
      assert.deepEqual(bad, []);
    });
  }

  const wrong: readonly (readonly [Raw, string])[] = [
    ["5-2", "backwards"],
    ["0-3", "outside"],
    ["98-100", "outside"],
    ["5", "not-a-range"],
    ["", "not-a-range"],
    ["1-2-3", "not-a-range"],
    ["01-02", "not-a-range"],
    [[1, "1-3"], "twice"],
    [{ 0: {} }, "outside"],
    [{ "01": {} }, "not-a-range"],
  ];
  for (const [raw, kind] of wrong) {
    test(`finds ${JSON.stringify(raw)} ${kind}`, () => assert.equal(numberTerminals(raw).bad[0]?.kind, kind));
  }
});
