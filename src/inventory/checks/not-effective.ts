/**
 * Keys that this version accepts but on which no code acts yet.
 *
 * An inventory never promises what is not done, so using one is an error. Whoever makes a key effective deletes its row
 * here and its mark in `docs/inventory.md`. A value that says "off" promises nothing.
 */
import type { Facts } from "../facts.ts";
import { formatPath } from "../quote.ts";
import type { Path } from "../tree.ts";

interface Row {
  /** `*` stands for any name or number. */
  readonly pattern: string;
  /** Whether the value promises something. */
  readonly promises: (value: Values) => boolean;
  /** What is missing. */
  readonly missing: string;
}

type Values = Readonly<Record<string, unknown>> & string;

const unlessDisabled = (value: Values): boolean => value["enabled"] !== false;

const ROWS: readonly Row[] = [{ pattern: "gateway.dashboard", promises: unlessDisabled, missing: "the dashboard" }];

export function checkNotEffective(facts: Facts): void {
  for (const row of ROWS) {
    for (const { path, value } of matches(facts.data, row.pattern.split("."), [])) {
      if (row.promises(value as Values)) complain(facts, path, row.missing);
    }
  }
}

function complain(facts: Facts, path: Path, missing: string): void {
  const message = `${formatPath(path)} is not effective yet: this version does not have ${missing}`;
  const hint = "remove it; docs/inventory.md says which keys are effective";
  facts.complain({ code: "not-effective", path, message, hint, which: "key" });
}

interface Match {
  readonly path: Path;
  readonly value: unknown;
}

function matches(value: unknown, steps: readonly string[], path: Path): readonly Match[] {
  const [step, ...rest] = steps;
  if (step === undefined) return value === undefined || value === null ? [] : [{ path, value }];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const keys = step === "*" ? Object.keys(fields) : Object.keys(fields).filter((key) => key === step);
  return keys.flatMap((key) => matches(fields[key], rest, [...path, key]));
}
