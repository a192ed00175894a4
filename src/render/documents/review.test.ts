import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { reviewState } from "./review.ts";

suite("reviewState", () => {
  const table = [
    [{}, "never"],
    [{ owner: "Finance", reason: "Tills" }, "never"],
    [{ reviewed: "2026-05-22", nextReview: "2026-11-22" }, "in-order"],
    [{ reviewed: "2026-05-21", nextReview: "2026-11-21" }, "overdue"],
    [{ nextReview: "2027-01-01" }, "in-order"],
    [{ nextReview: "2025-01-01" }, "overdue"],
  ] as const;
  for (const [about, expected] of table) {
    test(`${JSON.stringify(about)} is ${expected} on 22 November 2026`, () => {
      assert.equal(reviewState(about, "2026-11-22"), expected);
    });
  }
});
