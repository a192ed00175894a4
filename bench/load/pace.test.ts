import assert from "node:assert/strict";
import { test } from "node:test";
import { dueAfter } from "./pace.ts";

test("dueAfter is even, makes up for what is late, and stops at the end", () => {
  const pace = { perSecond: 200, seconds: 2 };
  assert.deepEqual(
    [0, 4, 5, 7, 1_000, 2_000, 9_000].map((milliseconds) => dueAfter(milliseconds, pace)),
    [0, 0, 1, 1, 200, 400, 400],
  );
});
