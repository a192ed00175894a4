import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatEventId, newEpoch, numberIn } from "./event-id.ts";

suite("an event's id", () => {
  test("is read again by the process that gave it, and by no other", () => {
    const [epoch, other] = [newEpoch(), newEpoch()];
    assert.notEqual(epoch, other);
    assert.equal(numberIn(epoch, formatEventId(epoch, 42)), 42);
    assert.equal(numberIn(other, formatEventId(epoch, 42)), undefined);
  });

  for (const text of ["", "42", "ab-", "ab-x", "ab--1", "ab-1.5", "-1", `ab-${"9".repeat(16)}`, "ab-1\n"]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(numberIn("ab", text), undefined));
  }
});
