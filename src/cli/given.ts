/** Options and operands, read into what they mean; each throws `usage` where it cannot. */
import { EcluseError } from "../errors.ts";
import { parseDuration } from "../inventory/duration.ts";
import { quote } from "../inventory/quote.ts";
import { systemClock } from "./clock.ts";
import type { Invocation } from "./command.ts";
import { INSTANTS, formatInstant, readInstant } from "./instant.ts";

type Options = Invocation["options"];

export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** Every text of an option that may be given several times. */
export function textsOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return typeof value === "object" ? value : [];
}

/** Milliseconds. */
export function durationOption(options: Options, name: string): number | undefined {
  const text = textOption(options, name);
  const read = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && read === undefined) throw notRead(text, "duration", `write --${name} 60s, 2h or 3d`);
  return read;
}

/** A whole number from 1. */
export function numberOption(options: Options, name: string): number | undefined {
  const text = textOption(options, name);
  return text === undefined ? undefined : readNumber(text, `write a whole number: --${name} 90`);
}

export function readNumber(text: string, hint: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw notRead(text, "number", hint);
  return Number(text);
}

/** A stretch of time, `to` exclusive. */
export interface Stretch {
  readonly from?: number;
  readonly to?: number;
}

/** `--from` and `--to`. */
export function stretchOptions(options: Options, now = systemClock.wall()): Stretch {
  const [from, to] = ["from", "to"].map((name) => {
    const text = textOption(options, name);
    const read = text === undefined ? undefined : readInstant(text, now);
    if (text !== undefined && read === undefined) throw notRead(text, "instant", INSTANTS);
    return read;
  });
  if (from !== undefined && to !== undefined && from >= to) {
    const message = `Cannot look from ${formatInstant(from)} to ${formatInstant(to)}: nothing is between`;
    throw new EcluseError("usage", message, { hint: "write --from with the earlier of the two" });
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** ` from ... to ...`, as far as it is bounded. */
export function formatStretch({ from, to }: Stretch): string {
  const since = from === undefined ? "" : ` from ${formatInstant(from)}`;
  return to === undefined ? since : `${since} to ${formatInstant(to)}`;
}

function notRead(text: string, kind: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot read ${quote(text)}: no such ${kind}`, { hint });
}
