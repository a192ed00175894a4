import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Ipv4 } from "@ecluse/guard/address";
import fc from "fast-check";
import { OUTCOMES, type Refusal, type SessionRecord } from "../engine/records.ts";
import { type CounterValues, Counters } from "./counters.ts";

const AT = { address: 1 as Ipv4, port: 1 };

function record(given: Partial<SessionRecord> = {}): SessionRecord {
  return {
    ...{ flow: "flow/a", endpoint: AT, source: 2 as Ipv4, target: AT, rule: "till", startedAt: 0, duration: 2_000 },
    ...{ dial: 30, bytesToTarget: 3, bytesToClient: 5, outcome: "closed", by: "client", ...given },
  };
}

function refusal(reason: Refusal["reason"]): Refusal {
  return { flow: undefined, endpoint: AT, source: undefined, outcome: "denied", reason };
}

suite("Counters", () => {
  test("counts what ended, where, how and how much; and who was refused, by reason", () => {
    const counters = new Counters();
    counters.ended(record());
    counters.ended(record({ flow: "flow/b", outcome: "idle" }));
    counters.refused(refusal("not-listed"));
    counters.refused({ reason: "shielded" }, 40);
    const { session, dial, ...counts } = counters.values;
    assert.deepEqual(counts, {
      ended: { closed: 1, idle: 1 },
      flows: { "flow/a": 1, "flow/b": 1 },
      refused: { "not-listed": 1, shielded: 40 },
      bytes: { toTarget: 6, toClient: 10 },
    });
    assert.equal(session.sum, 4);
    assert.equal(dial.sum, 0.06);
  });

  test("a target that did not answer took no time to do so", () => {
    const counters = new Counters();
    const { dial: _, ...failed } = record({ outcome: "dial-failed" });
    counters.ended(failed);
    assert.ok(counters.values.dial.counts.every((count) => count === 0));
  });

  test("one process and the next count together what one would have", () => {
    const happening = fc.oneof(
      fc
        .record({ flow: fc.constantFrom("a", "b"), outcome: fc.constantFrom(...OUTCOMES), duration: fc.nat(700_000) })
        .map((given) => (to: Counters) => to.ended(record(given))),
      fc
        .constantFrom<Refusal["reason"]>("not-listed", "terminal")
        .map((reason) => (to: Counters) => to.refused(refusal(reason))),
    );
    fc.assert(
      fc.property(fc.array(happening), fc.array(happening), (before, after) => {
        const [old, next, one] = [new Counters(), new Counters(), new Counters()];
        for (const happens of before) happens(old);
        next.goOnFrom(JSON.parse(JSON.stringify(old.values)) as CounterValues);
        for (const happens of after) happens(next);
        for (const happens of [...before, ...after]) happens(one);
        assert.deepEqual(rounded(next.values), rounded(one.values));
      }),
    );
  });
});

/** Sums of fractions depend on the order they are added in. */
function rounded({ session, dial, ...others }: CounterValues): unknown {
  const sums = [session.sum, dial.sum].map((sum) => sum.toFixed(6));
  return { ...others, session: session.counts, dial: dial.counts, sums };
}
