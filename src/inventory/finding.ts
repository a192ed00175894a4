/** Findings: what `check` has to say of an inventory. Data, never thrown. */

export type Severity = "error" | "warning" | "notice";

/** Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Finding {
  /** A key of the catalogue (`catalogue.ts`), explained in `docs/findings.md`. */
  readonly code: string;
  readonly severity: Severity;
  readonly place: Place;
  /** What is wrong, naming the value. Text from the file is escaped: no control characters. */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
}

/** `file:line:column`, as editors and compilers write it. */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}
