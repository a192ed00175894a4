import assert from "node:assert/strict";
import { test } from "node:test";
import { medianOf, ratioOf, type Measurement } from "./results.ts";

const measured = (round: number, subject: string, value?: number): Measurement => ({
  round,
  case: "bulk",
  subject,
  figures: value === undefined ? {} : { value },
  failures: 0,
});

test("ratioOf compares within each round, so that a slow round does not count", () => {
  const slow = [measured(1, "a", 2), measured(1, "b", 1), measured(2, "a", 20), measured(2, "b", 10)];
  assert.equal(ratioOf(slow, "a", "b", "value"), 2);
});

test("ratioOf leaves out rounds in which one of the two was not measured", () => {
  const lost = [measured(1, "a", 6), measured(1, "b", 2), measured(2, "a", 100), measured(2, "b")];
  assert.equal(ratioOf(lost, "a", "b", "value"), 3);
  assert.ok(Number.isNaN(ratioOf(lost, "a", "absent", "value")));
});

test("medianOf leaves out what was not measured", () => {
  assert.equal(medianOf([measured(1, "a", 1), measured(2, "a"), measured(3, "a", 3)], "a", "value"), 2);
});
