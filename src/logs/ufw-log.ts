/**
 * `/var/log/ufw.log`: what the firewall blocked, as the kernel logs it. UFW logs three lines a minute at most: what is here
 * was blocked, what is not here may have been, too.
 *
 * Format: the kernel's nf_log of TCP packets, behind the stamp of the system's logger: RFC 3339 or the older
 * `Nov 22 14:30:05`, which has neither year nor zone.
 */
import type { LogLine } from "./log-line.ts";

const LINE =
  /^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\S+) .*?\[UFW ([A-Z]+)\] .*?\bSRC=(\S+) DST=(\S+) .*?\bPROTO=(\S+) .*?\bDPT=(\d+)\b/;

/** The lines about these ports of these addresses; `now` gives a stamp without a year its own. */
export function ufwLines(
  text: string,
  { isDoor, now }: { readonly isDoor: (address: string, port: number) => boolean; readonly now: number },
): readonly LogLine[] {
  return text.split("\n").flatMap((line) => {
    const [, stamp = "", what = "", source = "", address = "", protocol = "", port = ""] = LINE.exec(line) ?? [];
    const at = instantOf(stamp, now);
    if (at === undefined || !isDoor(address, Number(port))) return [];
    return [{ at, from: "ufw.log", text: `UFW ${what.toLowerCase()}: ${source} to ${address}:${port} ${protocol}` }];
  });
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Local time where the stamp has no zone; the year in which it is not in the future. */
export function instantOf(stamp: string, now: number): number | undefined {
  const [, month, day, hour, minute, second] = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)$/.exec(stamp) ?? [];
  if (month === undefined) {
    const at = Date.parse(stamp);
    return Number.isNaN(at) ? undefined : at;
  }
  const parts = [day, hour, minute, second].map(Number) as [number, number, number, number];
  const inYear = (year: number): number => new Date(year, MONTHS.indexOf(month), ...parts).getTime();
  const year = new Date(now).getFullYear();
  // A day ahead is a clock that differs, not last year.
  return inYear(year) > now + 86_400_000 ? inYear(year - 1) : inYear(year);
}
