import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { EventRing } from "./event-ring.ts";
import type { StreamEvent } from "./stream-events.ts";

function numbered(number: number): StreamEvent {
  return { event: "health", data: { flow: "a", state: "up", since: number } };
}

suite("EventRing", () => {
  test("keeps the last events, each after the number before it, and says what it reaches", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 30 }), fc.nat({ max: 40 }), (limit, count, after) => {
        const ring = new EventRing(limit);
        for (let number = 1; number <= count; number += 1) ring.add(numbered(number));
        assert.equal(ring.last, count);
        assert.equal(ring.reaches(after), after <= count && after >= count - limit);
        if (!ring.reaches(after)) return;
        const found = ring.after(after, 5);
        const expected = Array.from({ length: Math.min(5, count - after) }, (_, index) => after + index + 1);
        assert.deepEqual(
          found,
          expected.map((number) => ({ number, event: numbered(number) })),
        );
      }),
    );
  });

  test("reaches no number that never was", () => {
    const ring = new EventRing(4);
    assert.deepEqual([ring.reaches(0), ring.reaches(-1), ring.reaches(1)], [true, false, false]);
  });
});
