/** Sizes as the inventory writes them: `500MB`, `2GB` (powers of 1,000), `2GiB` (powers of 1,024). */

const UNITS: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes, or `undefined`: a whole number and one unit, nothing else. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ""] = /^([1-9]\d{0,5})([kMGT]B|[KMGT]iB)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}
