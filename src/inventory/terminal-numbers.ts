/** The ways to write a depot's terminals: `12` (1 to 12), `3-7`, `[1, 2, 5-9]`, or a map by number. */
import { TERMINALS } from "./numbering.ts";
import type { RawDepot } from "./schema.ts";

export interface NumberedTerminal<T> {
  readonly number: number;
  /** The path from `terminals` to where it was written. */
  readonly path: readonly (string | number)[];
  readonly raw: T;
}

export interface BadTerminalNumber {
  readonly text: string;
  readonly path: readonly (string | number)[];
  readonly kind: "not-a-range" | "backwards" | "outside" | "twice";
}

type RawTerminals = RawDepot["terminals"];
type RawOne = Exclude<Extract<RawTerminals, Record<string, unknown>>[string], null>;

/** The terminals in the order of their numbers, and what could not be read. */
export function numberTerminals(raw: RawTerminals): {
  readonly terminals: readonly NumberedTerminal<RawOne>[];
  readonly bad: readonly BadTerminalNumber[];
} {
  const terminals = new Map<number, NumberedTerminal<RawOne>>();
  const bad: BadTerminalNumber[] = [];
  for (const item of itemsOf(raw)) {
    const span = spanOf(item.text);
    if (typeof span === "string") {
      bad.push({ ...item, kind: span });
      continue;
    }
    for (let number = span.first; number <= span.last; number += 1) {
      if (terminals.has(number)) bad.push({ text: String(number), path: item.path, kind: "twice" });
      else terminals.set(number, { number, path: item.path, raw: item.raw });
    }
  }
  return { terminals: [...terminals.values()].sort((a, b) => a.number - b.number), bad };
}

interface Item {
  readonly text: string;
  readonly path: readonly (string | number)[];
  readonly raw: RawOne;
}

function itemsOf(raw: RawTerminals): readonly Item[] {
  if (typeof raw === "number") return [{ text: `1-${raw}`, path: [], raw: {} }];
  // A text of one number would be a count in one reader's eyes and a terminal in another's.
  if (typeof raw === "string") return [{ text: /^\d+$/.test(raw) ? `${raw}-` : raw, path: [], raw: {} }];
  if (Array.isArray(raw)) return raw.map((item, index) => ({ text: String(item), path: [index], raw: {} }));
  return Object.entries(raw).map(([key, value]) => ({ text: key, path: [key], raw: value ?? {} }));
}

function spanOf(text: string): { readonly first: number; readonly last: number } | BadTerminalNumber["kind"] {
  const [, from, to] = /^(0|[1-9]\d*)(?:-(0|[1-9]\d*))?$/.exec(text) ?? [];
  if (from === undefined) return "not-a-range";
  const first = Number(from);
  const last = Number(to ?? from);
  if (first < 1 || last > TERMINALS || first > TERMINALS) return "outside";
  return first > last ? "backwards" : { first, last };
}
