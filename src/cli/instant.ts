/** Instants as an operator types them, and as they are shown: in the time of the place where the command runs. */
import { parseDuration } from "../inventory/duration.ts";
import { isDate, parseInstant } from "../inventory/instant.ts";

/**
 * Milliseconds since the epoch, or `undefined`. `14:30` (today), `2026-11-01` (its first instant), `2026-11-01T14:30`: local
 * time; with a zone (`2026-11-01T14:30Z`) that one; `2h`: so long before `now`.
 */
export function readInstant(text: string, now: number): number | undefined {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const zoned = parseInstant(text);
  if (zoned !== undefined) return zoned;
  if (TIME.test(text)) return at(today(now), text);
  const [date = "", time = "00:00"] = text.split("T");
  return isDate(date) && TIME.test(time) ? at(date, time) : undefined;
}

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/;

/** For hints. */
export const INSTANTS =
  "write 14:30 (today), 2026-11-01, 2026-11-01T14:30, the same with a zone (Z, +01:00), or 2h (ago)";

/** ECMA-262: a date with a time and without a zone is local time. */
function at(date: string, time: string): number {
  return Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}`);
}

function today(now: number): string {
  return local(now).slice(0, 10);
}

/** Local time with its zone, to the second: `2026-11-01T14:30:05+01:00`. `readInstant` reads it back. */
export function formatInstant(instant: number): string {
  const zone = -new Date(instant).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60].map((part) => pad(part));
  return `${local(instant)}${zone < 0 ? "-" : "+"}${hours ?? ""}:${minutes ?? ""}`;
}

function local(instant: number): string {
  const date = new Date(instant);
  const day = [String(date.getFullYear()).padStart(4, "0"), pad(date.getMonth() + 1), pad(date.getDate())];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part));
  return `${day.join("-")}T${time.join(":")}`;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
