/** Instants, lengths of time and amounts as the reader's language writes them, in the reader's own zone. Pure. */
import type { Language } from "./words/words.ts";

export interface Formats {
  /** `14:03:22`; with its date where that is not today. */
  readonly instant: (at: number, now: number) => string;
  /** `14:03`; with its date where that is not today. */
  readonly minute: (at: number, now: number) => string;
  /** `12 s`, `3 min 04 s`, `2 h 05 min`, `4 d 3 h`. */
  readonly duration: (milliseconds: number) => string;
  readonly number: (value: number) => string;
  readonly bytes: (count: number) => string;
}

const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", fr: "fr-FR" };
const DAYS: Readonly<Record<Language, string>> = { en: "d", fr: "j" };
const BYTES: Readonly<Record<Language, readonly string[]>> = {
  en: ["B", "kB", "MB", "GB", "TB"],
  fr: ["o", "ko", "Mo", "Go", "To"],
};

const NO_BREAK = "\u00A0";

/** `zone`: an IANA name, for tests; absent: the reader's. */
export function formatsOf(language: Language, zone?: string): Formats {
  const locale = LOCALES[language];
  const of = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, zone === undefined ? options : { ...options, timeZone: zone });
  const day = of({ day: "numeric", month: "short" });
  const whole = of({ day: "numeric", month: "short", year: "numeric" });
  const second = of({ hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const minute = of({ hour: "2-digit", minute: "2-digit", hour12: false });
  const count = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  const dated = (time: Intl.DateTimeFormat, at: number, now: number): string => {
    if (whole.format(at) === whole.format(now)) return time.format(at);
    const sameYear = Math.abs(now - at) < 180 * 86_400_000;
    return `${(sameYear ? day : whole).format(at)}, ${time.format(at)}`.replaceAll(" ", NO_BREAK);
  };
  return {
    instant: (at, now) => dated(second, at, now),
    minute: (at, now) => dated(minute, at, now),
    duration: (milliseconds) => durationIn(milliseconds, DAYS[language]),
    number: (value) => count.format(value),
    bytes: (bytes) => {
      const size = Math.min(4, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
      return `${short.format(bytes / 1_000 ** size)}${NO_BREAK}${BYTES[language][size] ?? ""}`;
    },
  };
}

const two = (value: number): string => String(value).padStart(2, "0");

function durationIn(milliseconds: number, day: string): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600), Math.floor(seconds / 86_400)];
  if (minutes < 1) return `${seconds}${NO_BREAK}s`;
  if (hours < 1) return `${minutes}${NO_BREAK}min${NO_BREAK}${two(seconds % 60)}${NO_BREAK}s`;
  if (days < 1) return `${hours}${NO_BREAK}h${NO_BREAK}${two(minutes % 60)}${NO_BREAK}min`;
  return `${days}${NO_BREAK}${day}${NO_BREAK}${hours % 24}${NO_BREAK}h`;
}
