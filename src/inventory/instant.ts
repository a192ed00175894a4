/** Dates (`2026-11-01`) and instants with their time zone (`2026-12-01T18:00:00+01:00`). Months are counted in UTC. */

/** Whether the text is a day that exists, as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const instant = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes 30 February for 2 March.
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}

/** Milliseconds since the epoch, or `undefined`. Seconds may be left out; the time zone (`Z`, `+01:00`) may not. */
export function parseInstant(text: string): number | undefined {
  const [, date = "", time = ""] = /^(\d{4}-\d{2}-\d{2})T(\S+)$/.exec(text) ?? [];
  const clock = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
  if (!isDate(date) || !clock.test(time)) return undefined;
  return Date.parse(text);
}

/** Whether the text would be an instant if it had a time zone: for the hint. */
export function lacksZone(text: string): boolean {
  return isDate(text) || parseInstant(`${text.replace(" ", "T")}Z`) !== undefined;
}

/** The day of an instant in UTC. */
export function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** So many months later; the 31st of a short month is its last day (PCI DSS 1.2.7 counts "every six months"). */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const lastDay = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, lastDay))).toISOString().slice(0, 10);
}

/** So many days later. */
export function addDays(date: string, days: number): string {
  return dayOf(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000);
}
