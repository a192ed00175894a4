/** Gathers findings while an inventory is read: each mistake once, sorted by where it was written. */
import { CATALOGUE, type FindingCode } from "./catalogue.ts";
import type { Finding, Severity } from "./finding.ts";
import { placeOf, type Spot } from "./tree.ts";

export interface Report<Code extends string = FindingCode> {
  readonly add: (code: Code, at: Spot, message: string, hint: string) => void;
  readonly hasErrors: () => boolean;
  /** In the order of `files`, then by line, column and code. */
  readonly findings: (files: readonly string[]) => readonly Finding[];
}

/**
 * One mistake shows itself in several checks, and a range of terminals stands at one place for all of them. So one code
 * speaks once per place, and a value that could not be understood at all (`placeholder` above all) is not judged again.
 * `more` adds codes that only its caller has.
 */
export function createReport(): Report;
export function createReport<More extends string>(more: Rows<More>): Report<FindingCode | More>;
export function createReport(more: Rows<string> = {}): Report<string> {
  const rows: Rows<string> = { ...CATALOGUE, ...more };
  const found = new Map<string, Finding>();
  const unreadable = new Set<string>();
  let errors = 0;
  return {
    add(code, at, message, hint) {
      const place = `${at.file.name}\n${at.offset}`;
      const key = `${place}\n${code}`;
      if (found.has(key) || (unreadable.has(place) && UNREADABLE.has(code))) return;
      if (UNREADABLE.has(code)) unreadable.add(place);
      const severity = rows[code]?.severity ?? "error";
      if (severity === "error") errors += 1;
      found.set(key, { code, severity, place: placeOf(at), message, hint });
    },
    hasErrors: () => errors > 0,
    findings: (files) => [...found.values()].sort((a, b) => compare(files, a, b)),
  };
}

type Rows<Code extends string> = Readonly<Record<Code, { readonly severity: Severity }>>;

/** Codes that say "this text is not what it should be": the first to speak of a place is the most precise. */
const UNREADABLE: ReadonlySet<string> = new Set<FindingCode>([
  "placeholder",
  "wrong-type",
  "not-a-choice",
  "not-an-address",
  "not-a-network",
  "not-a-duration",
  "not-a-size",
  "not-a-date",
  "bad-name",
  "bad-text",
  "unknown-source",
  "reserved-name",
]);

function compare(files: readonly string[], a: Finding, b: Finding): number {
  return (
    files.indexOf(a.place.file) - files.indexOf(b.place.file) ||
    a.place.line - b.place.line ||
    a.place.column - b.place.column ||
    (a.code < b.code ? -1 : 1)
  );
}
