import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Ipv4 } from "@ecluse/guard/address";
import fc from "fast-check";
import type { Refusal } from "../engine/records.ts";
import { RefusalTally } from "./refusals.ts";

function refusal(
  source: number | undefined,
  flow: string | undefined,
  reason: Refusal["reason"] = "not-listed",
): Refusal {
  const outcome = reason === "sessions" ? "overload" : "denied";
  return { flow, source: source as Ipv4 | undefined, endpoint: { address: 1 as Ipv4, port: 1 }, outcome, reason };
}

suite("RefusalTally", () => {
  test("adds up per source, flow and reason; most frequent first; take empties it", () => {
    const tally = new RefusalTally();
    tally.add(refusal(1, "a"));
    for (let n = 0; n < 3; n += 1) tally.add(refusal(2, "a"));
    for (let n = 0; n < 2; n += 1) tally.add(refusal(1, "a", "expired"));
    const denied = { outcome: "denied", flow: "a" } as const;
    assert.deepEqual(tally.take(), [
      { ...denied, source: 2, reason: "not-listed", count: 3 },
      { ...denied, source: 1, reason: "expired", count: 2 },
      { ...denied, source: 1, reason: "not-listed", count: 1 },
    ]);
    assert.deepEqual(tally.take(), []);
  });

  test("what was counted elsewhere is added with its number", () => {
    const tally = new RefusalTally(2, 1);
    for (const [source, flow] of [
      [1, "a"],
      [1, "a"],
      [1, "b"],
      [2, "a"],
      [3, "a"],
    ] as const) {
      tally.add({ ...refusal(source, flow, "shielded"), count: 10 });
    }
    assert.deepEqual(
      tally.take().map(({ source, flow, reason, count }) => [source, flow, reason, count]),
      [
        [1, "a", "shielded", 20],
        [undefined, undefined, "many-sources", 20],
        [1, undefined, "many-doors", 10],
      ],
    );
  });

  test("one source at every door: a few rows, and one more for all the other doors", () => {
    const tally = new RefusalTally();
    for (let door = 0; door < 7_128; door += 1) tally.add(refusal(1, `door${door}`));
    const rows = tally.take();
    assert.equal(rows.length, 21);
    assert.deepEqual(rows[0], { flow: undefined, source: 1, outcome: "denied", reason: "many-doors", count: 7_108 });
  });

  test("a source that has knocked everywhere takes no other source's rows", () => {
    const tally = new RefusalTally();
    for (let door = 0; door < 7_128; door += 1) tally.add(refusal(1, `door${door}`));
    tally.add(refusal(2, "door1"));
    assert.ok(tally.take().some(({ source, flow, count }) => source === 2 && flow === "door1" && count === 1));
  });

  test("very many sources: a bounded number of rows, and nothing uncounted", () => {
    const tally = new RefusalTally();
    for (let source = 1; source <= 50_000; source += 1) tally.add(refusal(source, "a"));
    const rows = tally.take();
    assert.equal(rows.length, 2_001);
    assert.deepEqual(rows[0], {
      flow: undefined,
      source: undefined,
      outcome: "denied",
      reason: "many-sources",
      count: 48_000,
    });
  });

  test("rows of another tally are added as they are, with their sums", () => {
    const [burst, sum] = [new RefusalTally(10, 2), new RefusalTally()];
    for (const _times of [1, 2]) {
      for (let knocks = 0; knocks < 7; knocks += 1) burst.add(refusal(1, "a"));
      for (const door of ["b", "c", "d"]) burst.add(refusal(1, door));
      for (const row of burst.take()) sum.add(row);
    }
    assert.deepEqual(
      sum.take().map(({ flow, reason, count }) => [flow, reason, count]),
      [
        ["a", "not-listed", 14],
        [undefined, "many-doors", 4],
        ["b", "not-listed", 2],
      ],
    );
  });

  test("after a report everything has room again", () => {
    const tally = new RefusalTally(1, 1);
    for (const source of [1, 2]) tally.add(refusal(source, "a"));
    tally.take();
    tally.add(refusal(2, "a"));
    assert.equal(tally.take()[0]?.source, 2);
  });

  test("whatever comes, the rows are few and their counts add up, per outcome", () => {
    const any = fc.record({
      source: fc.option(fc.nat(30), { nil: undefined }),
      flow: fc.option(fc.nat(30), { nil: undefined }),
      reason: fc.constantFrom("not-listed", "expired", "no-door", "sessions"),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 500 }), fc.nat(20), fc.nat(5), (knocks, limit, perSource) => {
        const tally = new RefusalTally(limit, perSource);
        const refusals = knocks.map(({ source, flow, reason }) =>
          refusal(source, flow === undefined ? undefined : `f${flow}`, reason as Refusal["reason"]),
        );
        for (const each of refusals) tally.add(each);
        const rows = tally.take();
        assert.ok(rows.length <= limit + 2);
        for (const outcome of ["denied", "overload"]) {
          const sum = rows.filter((row) => row.outcome === outcome).reduce((total, { count }) => total + count, 0);
          assert.equal(sum, refusals.filter((each) => each.outcome === outcome).length);
        }
      }),
    );
  });
});
