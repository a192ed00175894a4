import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { manualClock } from "../../test/support/clock.ts";
import { ipv4 } from "../../test/support/loopback.ts";
import { RefusalReport } from "./refusal-report.ts";
import type { Addable, TalliedRefusal } from "./refusals.ts";

const KNOCK: Addable = { flow: "a", source: ipv4("192.0.2.1"), outcome: "denied", reason: "not-listed" };

function staged() {
  const clock = manualClock();
  const followed: number[] = [];
  const told: number[][] = [];
  const countsOf = (rows: readonly TalliedRefusal[]): number[] => rows.map(({ count }) => count);
  const report = new RefusalReport({
    clock,
    followed: (rows) => void followed.push(...countsOf(rows)),
    told: (rows) => void told.push(countsOf(rows)),
  });
  return { clock, followed, told, report };
}

suite("RefusalReport", () => {
  test("who follows knows in a moment, log and journal when a report is due", () => {
    const { clock, followed, told, report } = staged();
    report.tellDue();
    for (const _ of [1, 2, 3]) report.add(KNOCK);
    assert.deepEqual([followed, told], [[], []]);
    clock.pass(100);
    assert.deepEqual([followed, told], [[3], []]);
    report.tellDue();
    assert.deepEqual(told, [[3]]);
    report.add(KNOCK);
    report.tellDue();
    assert.deepEqual(told, [[3]], "not yet");
    clock.pass(2 * report.beat);
    report.tellDue();
    assert.deepEqual(
      [followed, told],
      [
        [3, 1],
        [[3], [1]],
      ],
    );
  });

  test("told at once when asked, to both", () => {
    const { followed, told, report } = staged();
    report.add(KNOCK);
    report.tell();
    report.add({ ...KNOCK, count: 7 });
    report.tell();
    report.tell();
    assert.deepEqual(
      [followed, told],
      [
        [1, 7],
        [[1], [7]],
      ],
    );
  });
});
