import assert from "node:assert/strict";
import { test } from "node:test";
import { GrantDeadlines } from "./grant-deadlines.ts";
import type { TemporaryGrant } from "./temporary-grants.ts";

const AT = Date.UTC(2026, 11, 1, 12);
const HOUR = 3_600_000;

function grant(id: string, at = AT): TemporaryGrant {
  return {
    id,
    source: "technician",
    flows: ["depot22-tpe01"],
    until: at + 2 * HOUR,
    reason: "a test",
    by: "alice",
    at,
  };
}

test("GrantDeadlines.over: a grant is over when its duration has passed, and a second", () => {
  const deadlines = new GrantDeadlines();
  const grants = [grant("g1"), grant("g2", AT + HOUR)];
  deadlines.note(grants, { wall: AT + HOUR, monotonic: 500 });
  const over = (monotonic: number): readonly string[] => deadlines.over(grants, monotonic).map(({ id }) => id);
  assert.deepEqual(over(500 + HOUR + 999), []);
  assert.deepEqual(over(500 + HOUR + 1_000), ["g1"]);
  assert.deepEqual(over(500 + 2 * HOUR + 1_000), ["g1", "g2"]);
});

test("GrantDeadlines.note: a clock that is set back meanwhile gives nobody more", () => {
  const deadlines = new GrantDeadlines();
  deadlines.note([grant("g1")], { wall: AT, monotonic: 0 });
  deadlines.note([grant("g1"), grant("g2", AT - HOUR)], { wall: AT - HOUR, monotonic: HOUR });
  assert.deepEqual(
    deadlines.over([grant("g1"), grant("g2")], 2 * HOUR + 1_000).map(({ id }) => id),
    ["g1"],
  );
});

test("GrantDeadlines.note: after a restart with a clock set back, a grant has its duration left and no more", () => {
  const deadlines = new GrantDeadlines();
  deadlines.note([grant("g1")], { wall: AT - 24 * HOUR, monotonic: 0 });
  assert.equal(deadlines.over([grant("g1")], 2 * HOUR).length, 0);
  assert.equal(deadlines.over([grant("g1")], 2 * HOUR + 1_000).length, 1);
});
