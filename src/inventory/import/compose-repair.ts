/**
 * A compose listing whose indentation was lost on its way (copied from a PDF, a mail, a page), put back.
 *
 * Only lines are moved, never written: a name alone opens a service, the known keys that follow are that service's, and
 * what is listed below a key stays below it. Every moved line is told. The result is read as strictly as any other
 * file, so a listing that this does not put right is still refused.
 */
import { quote } from "../quote.ts";
import type { Account } from "./account.ts";
import { isServiceKey, isTopKey } from "./compose-keys.ts";
import { type Excerpt, spotOn } from "./excerpt.ts";

/** The listing with its lines put back where they belong. */
export function repairIndentation(excerpt: Excerpt, account: Account): Excerpt {
  const start = excerpt.lines.findIndex((line) => /^services\s*:/.test(line));
  if (start < 0) return excerpt;
  const state = { step: stepOf(excerpt.lines, start), service: undefined, key: undefined, below: undefined };
  const mending: Mending = { excerpt, account, lines: [...excerpt.lines], shifts: [...excerpt.shifts], state };
  for (let index = start + 1; index < excerpt.lines.length; index += 1) {
    if (mend(mending, index) === "end") break;
  }
  return { ...excerpt, lines: mending.lines, shifts: mending.shifts };
}

/** No line of a compose file that people write is longer. */
const LONGEST = 2_000;

interface Mending {
  readonly excerpt: Excerpt;
  readonly account: Account;
  readonly lines: string[];
  readonly shifts: number[];
  readonly state: State;
}

interface State {
  /** By how many columns one level is deeper than the one above. */
  readonly step: number;
  service: string | undefined;
  /** The indentation of the service's key that was read last, as written. */
  key: number | undefined;
  /** The indentation of the first line below that key, as written. */
  below: number | undefined;
}

/** The indentation of the first service stays, where it has one. */
function stepOf(lines: readonly string[], start: number): number {
  return indentOf(nextLine(lines, start)) || 2;
}

function mend(mending: Mending, index: number): "end" | undefined {
  const { excerpt, state } = mending;
  const line = excerpt.lines[index] ?? "";
  if (isSilent(line) || line.length > LONGEST) return undefined;
  const [, name = "", rest = ""] = /^\s*["']?([^\s"':#-][^"':]*)["']?\s*:(?:\s+(.*))?$/.exec(line) ?? [];
  const isItemNext = (): boolean => /^\s*-/.test(nextLine(excerpt.lines, index));
  if (isBelow(state, line)) moveBelow(mending, index);
  else if (name !== "" && isTopKey(name) && indentOf(line) === 0 && !isItemNext()) return "end";
  else if (name !== "" && isServiceKey(name) && state.service !== undefined) moveKey(mending, index);
  else if (name !== "" && rest.replace(/#.*/, "") === "") openService(mending, index, name);
  return undefined;
}

/** The next line that says something. */
function nextLine(lines: readonly string[], index: number): string {
  let next = index + 1;
  while (next < lines.length && isSilent(lines[next] ?? "")) next += 1;
  return lines[next] ?? "";
}

/** An item of a list, or a line deeper than the key above it. */
function isBelow({ key }: State, line: string): boolean {
  return key !== undefined && (/^\s*-(?:\s|$)/.test(line) || indentOf(line) > key);
}

function openService(mending: Mending, index: number, name: string): void {
  const { state } = mending;
  state.service = name;
  state.key = undefined;
  move(mending, index, { to: state.step, as: `a service of its own` });
}

function moveKey(mending: Mending, index: number): void {
  const { state, excerpt } = mending;
  state.key = indentOf(excerpt.lines[index] ?? "");
  state.below = undefined;
  move(mending, index, { to: 2 * state.step, as: `a key of ${quote(state.service ?? "")}` });
}

function moveBelow(mending: Mending, index: number): void {
  const { state, excerpt } = mending;
  const indent = indentOf(excerpt.lines[index] ?? "");
  state.below ??= indent;
  const to = 3 * state.step + Math.max(0, indent - state.below);
  move(mending, index, { to, as: `part of ${quote(state.service ?? "")}` });
}

function move(mending: Mending, index: number, { to, as }: { readonly to: number; readonly as: string }): void {
  const line = mending.excerpt.lines[index] ?? "";
  const by = to - indentOf(line);
  if (by === 0) return;
  mending.lines[index] = `${" ".repeat(to)}${line.trimStart()}`;
  mending.shifts[index] = (mending.shifts[index] ?? 0) + by;
  const at = spotOn(mending.excerpt.file, index + 1, indentOf(line) + 1);
  mending.account.did(at, `repaired: ${quote(line.trim())} is read as ${as} (moved ${Math.abs(by)} ${side(by)})`);
}

function side(by: number): string {
  return `column${Math.abs(by) === 1 ? "" : "s"} ${by > 0 ? "right" : "left"}`;
}

function isSilent(line: string): boolean {
  return /^\s*(?:#.*)?$/.test(line);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
