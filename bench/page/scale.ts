/** Axes: from 0 to a round number a little above the largest value. */

const STEPS = [1, 2, 2.5, 5, 10];

/** At most `count` steps of a round size, from 0 to the first that is not below `largest`. */
export function ticks(largest: number, count: number): readonly number[] {
  if (!(largest > 0)) return [0, 1];
  const least = largest / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = (STEPS.find((each) => each * power >= least * (1 - 1e-9)) ?? 10) * power;
  return Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(12)),
  );
}
