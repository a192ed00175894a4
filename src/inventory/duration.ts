/** Durations as the inventory and the command line write them: `200ms`, `5s`, `2m`, `1h`, `400d`. */

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Milliseconds, or `undefined`: a whole number and one unit, nothing else. A bare number has no unit and is none. */
export function parseDuration(text: string): number | undefined {
  const [, digits, name] = /^(0|[1-9]\d{0,15})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS.find(([unit]) => unit === name)?.[1];
  const value = Number(digits) * (factor ?? NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The shortest exact spelling; `parseDuration(formatDuration(x)) === x` for whole milliseconds. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const [unit, factor] = UNITS.find(([, size]) => milliseconds % size === 0) ?? ["ms", 1];
  return `${milliseconds / factor}${unit}`;
}
