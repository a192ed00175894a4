/** What a name may be made of: it goes into shells, unit files, rules, log lines and selectors. */
import { fold } from "./nearest.ts";

export const LONGEST_NAME = 80;
const LONGEST_PROSE = 200;

/** Letters of any language, digits, spaces and `-_.'’()/&`, at most 80 characters, none of them invisible. */
export function isLabel(text: string): boolean {
  return fits(text, LONGEST_NAME) && /^[\p{L}\p{M}\p{N} \-_.'’()/&]+$/u.test(text);
}

/** Reasons and people: a label's characters and `,:;#@+?!%=°€`, at most 200. No quote, backquote, dollar or backslash. */
export function isProse(text: string): boolean {
  return fits(text, LONGEST_PROSE) && /^[\p{L}\p{M}\p{N} \-_.'’()/&,:;#@+?!%=°€]+$/u.test(text);
}

/**
 * A name that stands in selectors and paths (`flow/opi-callback`): no space, no `/`, no quote; letters of any language,
 * digits and `-_.`, beginning with a letter or a digit, with at least one letter so that it is never a port.
 */
export function isId(text: string): boolean {
  return fits(text, LONGEST_NAME) && /^(?=.*\p{L})[\p{L}\p{N}][\p{L}\p{M}\p{N}\-_.]*$/u.test(text);
}

/** Words that already mean something as a source. */
export function isReservedSource(text: string): boolean {
  return ["depots", "any"].includes(fold(text));
}

/** Names that a selector would read as a place of the plan or as an address, so that nobody could select the flow. */
export function readsAsPlace(text: string): boolean {
  return /^(?:depots?|depot\d.*|tpe\d*|service|flow|any|all)$/.test(fold(text));
}

function fits(text: string, longest: number): boolean {
  if (text.length === 0 || Array.from(text).length > longest || text !== text.trim()) return false;
  // Letters exist that draw nothing (U+3164): two names would look the same.
  return !/\p{Default_Ignorable_Code_Point}/u.test(text);
}
