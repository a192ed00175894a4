/** A clock that stands still until the test moves it: limits of minutes pass at once, and never by themselves. */
import type { Clock } from "../../src/engine/engine.ts";

export interface ManualClock extends Clock {
  /** Lets time pass on both clocks, calling back as often as was asked for. */
  readonly pass: (milliseconds: number) => void;
  /** Sets the wall clock alone, as people and NTP do. */
  readonly setWall: (instant: number) => void;
}

interface Timer {
  readonly period: number;
  readonly callback: () => void;
  next: number;
}

export function manualClock(start = Date.UTC(2026, 11, 1, 12)): ManualClock {
  const timers = new Set<Timer>();
  let now = 1_000;
  let wall = start;
  const moveTo = (instant: number): void => {
    wall += instant - now;
    now = instant;
  };
  const pass = (milliseconds: number): void => {
    const end = now + milliseconds;
    for (let timer = firstDue(timers, end); timer !== undefined; timer = firstDue(timers, end)) {
      moveTo(timer.next);
      timer.next += timer.period;
      timer.callback();
    }
    moveTo(end);
  };
  return {
    monotonic: () => now,
    wall: () => wall,
    every: (period, callback) => {
      const timer = { period, callback, next: now + period };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    pass,
    setWall: (instant) => void (wall = instant),
  };
}

function firstDue(timers: ReadonlySet<Timer>, end: number): Timer | undefined {
  return [...timers].filter(({ next }) => next <= end).sort((a, b) => a.next - b.next)[0];
}
