/** The machine's own clocks. */
import type { Clock } from "../engine/engine.ts";

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  every: (period, callback) => {
    const timer = setInterval(callback, period).unref();
    return () => clearInterval(timer);
  },
};
