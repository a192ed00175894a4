/** Something done at an even pace, by the clock: what comes late is made up for, so that a slow answer slows nothing. */

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
}

/** How many are due after so many milliseconds. */
export function dueAfter(milliseconds: number, { perSecond, seconds }: Pace): number {
  return Math.floor((Math.min(milliseconds, seconds * 1000) * perSecond) / 1000);
}

/** Resolves when the time is over. */
export function evenly(pace: Pace, act: (index: number) => void): Promise<void> {
  const began = performance.now();
  let done = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const passed = performance.now() - began;
      for (const due = dueAfter(passed, pace); done < due; done += 1) act(done);
      if (passed < pace.seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
}
