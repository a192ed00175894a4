import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { manualClock } from "../../test/support/clock.ts";
import { ipv4 } from "../../test/support/loopback.ts";
import type { Refusal } from "../engine/records.ts";
import { RefusalBurst, mostFrequent } from "./refusal-burst.ts";
import type { TalliedRefusal } from "./refusals.ts";

const endpoint = { address: ipv4("127.0.0.1"), port: 1 };
const refusal = (source: string): Refusal => {
  return { flow: "a", endpoint, source: ipv4(source), outcome: "denied", reason: "not-listed" };
};

suite("RefusalBurst", () => {
  test("hands on what came, added up, within 100 ms of the first, and runs no timer in between", () => {
    const clock = manualClock();
    let timers = 0;
    const every = clock.every;
    const counting = {
      ...clock,
      every: (period: number, callback: () => void) => {
        timers += 1;
        const stop = every(period, callback);
        return () => {
          timers -= 1;
          stop();
        };
      },
    };
    const taken: (readonly TalliedRefusal[])[] = [];
    const burst = new RefusalBurst(counting, (rows) => void taken.push(rows));
    assert.equal(timers, 0);
    for (let knock = 0; knock < 1_000; knock += 1) burst.add(refusal("192.0.2.1"));
    burst.add(refusal("192.0.2.2"));
    assert.equal(timers, 1);
    clock.pass(100);
    assert.deepEqual(
      taken.map((rows) => rows.map(({ count }) => count)),
      [[1_000, 1]],
    );
    assert.equal(timers, 0);
    clock.pass(1_000);
    assert.equal(taken.length, 1);
  });

  test("hands on at once when asked, and nothing when there is nothing", () => {
    const taken: (readonly TalliedRefusal[])[] = [];
    const burst = new RefusalBurst(manualClock(), (rows) => void taken.push(rows));
    burst.flush();
    burst.add(refusal("192.0.2.1"));
    burst.flush();
    burst.flush();
    assert.equal(taken.length, 1);
  });
});

suite("mostFrequent", () => {
  const row = (count: number, outcome: TalliedRefusal["outcome"] = "denied"): TalliedRefusal => {
    return { flow: "a", source: ipv4("192.0.2.1"), outcome, reason: "not-listed", count };
  };

  test("few rows are left alone", () => {
    const rows = [row(2), row(1)];
    assert.equal(mostFrequent(rows, 2), rows);
  });

  test("of many the rest is added up by outcome, and none goes uncounted", () => {
    const rows = [row(9), row(8), row(3), row(2, "overload"), row(1)];
    const few = mostFrequent(rows, 2);
    assert.deepEqual(
      few.map(({ source, outcome, reason, count }) => [source === undefined, outcome, reason, count]),
      [
        [false, "denied", "not-listed", 9],
        [false, "denied", "not-listed", 8],
        [true, "denied", "many-sources", 4],
        [true, "overload", "many-sources", 2],
      ],
    );
  });
});
