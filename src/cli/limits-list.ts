/** Limits on one line, `idle=300s,sessions=100`: the keys of `gateway.limits`, their defaults and their bounds. */
import { EcluseError } from "../errors.ts";
import { formatDuration, parseDuration } from "../inventory/duration.ts";
import { MOST_SESSIONS, TIMES, USUAL_LIMITS } from "../inventory/limits.ts";
import type { Limits } from "../inventory/model.ts";
import { quote } from "../inventory/quote.ts";

type Name = keyof Limits;
const NAMES = Object.keys(USUAL_LIMITS) as readonly Name[];

/** What is not written is as usual. Throws `usage`. */
export function parseLimits(text: string): Limits {
  const written = new Map<Name, number>();
  for (const part of text === "" ? [] : text.split(",")) {
    const [name, value] = parsePart(part.trim());
    if (written.has(name)) throw noLimit(`${name} is written twice`, "remove one");
    written.set(name, value);
  }
  const limits = { ...USUAL_LIMITS, ...(Object.fromEntries(written) as Partial<Limits>) };
  // As in the inventory: one source never has more than all of them together.
  return written.has("perSource") ? limits : { ...limits, perSource: Math.min(limits.perSource, limits.sessions) };
}

function parsePart(part: string): readonly [Name, number] {
  const [, word, value = ""] = /^(\w+)=(\w+)$/.exec(part) ?? [];
  const name = NAMES.find((each) => each === word);
  if (name === undefined) {
    throw noLimit(`${quote(part)} is none`, `write idle=300s,drain=200s; there are ${NAMES.join(", ")}`);
  }
  return [name, name === "sessions" || name === "perSource" ? count(name, value) : time(name, value)];
}

function count(name: Name, text: string): number {
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MOST_SESSIONS) return value;
  throw noLimit(`${name}=${text} is not a number of sessions`, `write a number from 1 to ${MOST_SESSIONS}`);
}

function time(name: keyof typeof TIMES, text: string): number {
  const { least, most } = TIMES[name];
  const value = parseDuration(text);
  if (value !== undefined && value >= least && value <= most) return value;
  const range = `from ${formatDuration(least)} to ${formatDuration(most)}`;
  throw noLimit(`${name}=${text} is out of bounds`, `write a duration ${range}`);
}

function noLimit(problem: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot read the limits: ${problem}`, { hint });
}
