import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { LoopDelay } from "./loop-delay.ts";

/** A clock whose one timer is called when the test says so. */
function slowClock() {
  let now = 0;
  let look = (): void => undefined;
  let stopped = false;
  const clock = {
    monotonic: () => now,
    every: (_period: number, callback: () => void) => {
      look = callback;
      return () => void (stopped = true);
    },
  };
  const after = (milliseconds: number): void => {
    now += milliseconds;
    look();
  };
  return { clock, after, isStopped: () => stopped };
}

function counted({ values }: LoopDelay): Readonly<Record<string, number>> {
  const named = values.counts.map((count, at) => [String(values.bounds[at] ?? "more"), count] as const);
  return Object.fromEntries(named.filter(([, count]) => count > 0));
}

suite("LoopDelay", () => {
  test("sees how late it is called", () => {
    const { clock, after } = slowClock();
    const delay = new LoopDelay(clock);
    after(100);
    after(104);
    assert.deepEqual(counted(delay), { 0.001: 1, 0.005: 1 });
  });

  test("a process that stands still for a second is seen by those who would have come meanwhile", () => {
    const { clock, after } = slowClock();
    const delay = new LoopDelay(clock);
    after(1_100);
    assert.deepEqual(counted(delay), { 0.1: 1, 0.25: 1, 0.5: 3, 1: 5 });
    assert.ok(Math.abs(delay.values.sum - 5.5) < 1e-9);
  });

  test("a timer that comes early is on time", () => {
    const { clock, after } = slowClock();
    const delay = new LoopDelay(clock);
    after(99);
    assert.equal(delay.values.sum, 0);
  });

  test("stops", () => {
    const { clock, isStopped } = slowClock();
    new LoopDelay(clock).stop();
    assert.ok(isStopped());
  });
});
