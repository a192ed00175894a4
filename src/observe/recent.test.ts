import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RecentRefusals } from "./recent-refusals.ts";
import { RecentSessions } from "./recent-sessions.ts";
import type { EndedEvent, RefusedNow } from "./stream-events.ts";

const MINUTE = 60_000;
const all = { most: 50, has: () => true };

function refused(source: string, at: number, count = 1): RefusedNow {
  return { source, flow: "a", outcome: "denied", reason: "not-listed", count, at };
}

suite("RecentRefusals", () => {
  test("adds up by source, flow and reason; the last to knock stands first", () => {
    const recent = new RecentRefusals();
    for (const each of [refused("s1", 1, 2), refused("s2", 2), refused("s1", 3, 5)]) recent.add(each);
    assert.deepEqual(recent.list(4, all), [
      { source: "s1", flow: "a", reason: "not-listed", count: 7, first: 1, last: 3 },
      { source: "s2", flow: "a", reason: "not-listed", count: 1, first: 2, last: 2 },
    ]);
  });

  test("a quarter of an hour of quiet is forgotten, and counted anew", () => {
    const recent = new RecentRefusals();
    recent.add(refused("s1", 0, 9));
    assert.equal(recent.list(15 * MINUTE - 1, all).length, 1);
    assert.equal(recent.list(15 * MINUTE, all).length, 0);
    recent.add(refused("s1", 16 * MINUTE));
    assert.deepEqual(
      recent.list(16 * MINUTE, all).map(({ count, first }) => [count, first]),
      [[1, 16 * MINUTE]],
    );
  });

  test("stays bounded, without those who knocked longest ago", () => {
    const recent = new RecentRefusals(10);
    for (let at = 0; at < 1_000; at += 1) recent.add(refused(`s${at}`, at));
    const rows = recent.list(1_000, { most: 500, has: () => true });
    assert.deepEqual([rows.length, rows[0]?.source, rows.at(-1)?.source], [10, "s999", "s990"]);
    assert.equal(recent.list(1_000, { most: 3, has: ({ last }) => last % 2 === 0 })[2]?.source, "s994");
  });
});

suite("RecentSessions", () => {
  test("the last to end first, at the instant it ended, and no more than it keeps", () => {
    const recent = new RecentSessions(3);
    for (let session = 1; session <= 5; session += 1) recent.add(ended(session));
    const rows = recent.list({ most: 20, has: () => true });
    assert.deepEqual(
      rows.map(({ flow, at }) => [flow, at]),
      [
        ["f5", 15],
        ["f4", 14],
        ["f3", 13],
      ],
    );
    assert.deepEqual(Object.keys(rows[0] ?? {}).sort(), [
      "at",
      "by",
      "bytesToClient",
      "bytesToTarget",
      "duration",
      "flow",
      "outcome",
      "source",
    ]);
    assert.deepEqual(
      recent.list({ most: 1, has: ({ flow }) => flow !== "f5" }).map(({ flow }) => flow),
      ["f4"],
    );
  });
});

function ended(session: number): EndedEvent {
  return {
    ...{ session, flow: `f${session}`, source: "s", rule: "r", started: session, duration: 10 },
    ...{ bytesToTarget: 1, bytesToClient: 2, outcome: "closed", by: "client" },
  };
}
