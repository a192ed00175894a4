/** What went on, counted in stretches of time: the same as somebody would count who had every row. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { OUTCOMES, type Outcome, type SessionRecord } from "../../src/engine/records.ts";
import type { ActivityQuery } from "../../src/journal/rows.ts";
import { DAY, MINUTE, NOON, folder, journal, refusal, session, written } from "./support.ts";

suite("activity", { timeout: 180_000 }, () => {
  test("a session counts in the stretch it ended in, at the edges too, however long before it began", async () => {
    using at = folder();
    await using opened = journal(at.file);
    opened.session(session({ startedAt: NOON - 3 * DAY, duration: 3 * DAY }));
    opened.session(session({ startedAt: NOON - MINUTE, duration: MINUTE - 1, flow: "ended just before" }));
    opened.session(session({ startedAt: NOON, duration: MINUTE - 1, outcome: "idle" }));
    opened.session(session({ startedAt: NOON, duration: MINUTE, outcome: "idle" }));
    opened.session(session({ startedAt: NOON, duration: 2 * MINUTE + 30_000, flow: "ended at the end" }));
    await written(opened);
    const query = { from: NOON, to: NOON + 2 * MINUTE + 30_000, step: MINUTE };
    assert.deepEqual(await opened.activity(query), {
      ...query,
      sessions: { closed: [1, 0, 0], idle: [1, 1, 0] },
      refusals: [0, 0, 0],
    });
  });

  test("refusals count where they were told, those of the asked flows alone", async () => {
    using at = folder();
    await using opened = journal(at.file);
    opened.refused([refusal({ count: 5 }), refusal({ flow: "other", count: 2 })], NOON);
    opened.refused([refusal({ count: 1, reason: "terminal", outcome: "busy" })], NOON + MINUTE);
    opened.refused([refusal({ count: 7, flow: undefined })], NOON + 2 * MINUTE);
    await written(opened);
    const query = { from: NOON, to: NOON + 2 * MINUTE, step: MINUTE };
    assert.deepEqual((await opened.activity(query)).refusals, [7, 1]);
    assert.deepEqual((await opened.activity({ ...query, flows: ["depot22-tpe03"] })).refusals, [5, 1]);
    assert.deepEqual((await opened.activity({ ...query, flows: [] })).refusals, [0, 0]);
  });

  test("of many rows, of all flows, a few or many: as counted one by one", async () => {
    using at = folder();
    await using opened = journal(at.file, { batch: 5_000 });
    const kept = fc
      .sample(
        fc.record({
          flow: fc.nat({ max: 400 }).map((number) => `f${number}`),
          startedAt: fc.integer({ min: NOON, max: NOON + 60 * MINUTE }),
          duration: fc.oneof(fc.nat({ max: MINUTE }), fc.nat({ max: 30 * MINUTE })),
          outcome: fc.constantFrom<Outcome>("closed", "idle", "dial-failed"),
        }),
        { numRuns: 12_000, seed: 7 },
      )
      .map(session);
    for (const record of kept) opened.session(record);
    await written(opened);
    const few = Array.from({ length: 20 }, (_, number) => `f${number}`);
    const many = Array.from({ length: 300 }, (_, number) => `f${number}`);
    for (const flows of [undefined, ["f1"], few, many]) {
      for (const [from, to, step] of [
        [NOON - DAY, NOON + DAY, 10 * MINUTE],
        [NOON + 12_345, NOON + 59 * MINUTE, 17_001],
      ] as const) {
        const query = { from, to, step, ...(flows === undefined ? {} : { flows }) };
        assert.deepEqual((await opened.activity(query)).sessions, countedOneByOne(kept, query));
      }
    }
  });
});

function countedOneByOne(kept: readonly SessionRecord[], { flows, from, to, step }: ActivityQuery) {
  const stretches = Math.ceil((to - from) / step);
  const ended = kept
    .filter(({ flow }) => flows?.includes(flow) !== false)
    .map(({ startedAt, duration, outcome }) => ({ at: startedAt + duration, outcome }))
    .filter(({ at }) => at >= from && at < to);
  const counts = OUTCOMES.flatMap((outcome) => {
    const its = ended.filter((each) => each.outcome === outcome);
    if (its.length === 0) return [];
    const counted = Array.from({ length: stretches }, () => 0);
    for (const { at } of its) {
      const stretch = Math.floor((at - from) / step);
      counted[stretch] = (counted[stretch] ?? 0) + 1;
    }
    return [[outcome, counted] as const];
  });
  return Object.fromEntries(counts);
}
