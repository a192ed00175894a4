/** Columns by the names of their heads: `compact` ones hold what is read at a glance. */
import type { Column } from "./document.ts";
import type { ColumnName, Words } from "./words.ts";

const COMPACT: ReadonlySet<ColumnName> = new Set([
  "port",
  "protocol",
  "reviewed",
  "nextReview",
  "address",
  "network",
  "terminal",
  "terminalPort",
  "publicPort",
  "publicPorts",
  "number",
]);

export function columnsOf(names: readonly ColumnName[], { columns }: Words): readonly Column[] {
  return names.map((name) => ({ head: columns[name], compact: COMPACT.has(name), blank: name === "decision" }));
}

export function headsOf(names: readonly ColumnName[], { columns }: Words): readonly string[] {
  return names.map((name) => columns[name]);
}
