import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RefusalPace } from "./refusal-pace.ts";

/** Seconds at which somebody knocks, and those at which it is told. */
const cases: readonly (readonly [name: string, knocks: readonly number[], told: readonly number[]])[] = [
  ["one knock", [3], [3]],
  ["one after another", [3, 9, 15], [3, 9, 15]],
  ["a flood", Array.from({ length: 60 }, (_, second) => second), [0, 2, 6, 14, 24, 34, 44, 54]],
  ["a flood, silence, and one more", [0, 1, 2, 3, 4, 5, 30], [0, 2, 6, 30]],
];

suite("RefusalPace", () => {
  for (const [name, knocks, expected] of cases)
    test(name, () => {
      const pace = new RefusalPace(10_000);
      const told: number[] = [];
      let waiting = 0;
      for (let now = 0; now < 60; now += 1) {
        if (knocks.includes(now)) waiting += 1;
        if (!pace.isDue(1_000 * now)) continue;
        if (waiting > 0) told.push(now);
        pace.told(waiting, 1_000 * now);
        waiting = 0;
      }
      assert.deepEqual(told, expected);
    });

  test("it may be asked to tell more often than once a second", () => {
    const pace = new RefusalPace(300);
    pace.told(1, 0);
    assert.deepEqual([pace.shortest, pace.isDue(299), pace.isDue(300)], [300, false, true]);
  });
});
