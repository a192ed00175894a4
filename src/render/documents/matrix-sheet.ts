/** The flow matrix row by row, none added up into ranges: its CSV, and what the dashboard shows and searches. */
import type { Subject } from "../subject.ts";
import { headsOf } from "./columns.ts";
import type { Language, Sheet } from "./document.ts";
import { type FlowRow, flowRows } from "./flow-rows.ts";
import { addressesOf, answersOf, descriptionOf, placeWords, targetOf } from "./flow-words.ts";
import { wordsOf } from "./languages.ts";
import type { ColumnName, Words } from "./words.ts";

const COLUMNS = [
  ...([
    "flow",
    "source",
    "addresses",
    "destination",
    "port",
    "protocol",
    "direction",
    "target",
    "description",
  ] as const),
  ...(["owner", "reason", "approver", "reviewed", "nextReview", "until"] as const),
] as const satisfies readonly ColumnName[];

export interface MatrixSheet {
  readonly columns: readonly { readonly key: string; readonly title: string }[];
  /** By the keys of the columns. */
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** The same by the names of its columns. */
export function matrixSheet(subject: Subject, language: Language): MatrixSheet {
  const { columns, rows } = sheetOf(flowRows(subject), wordsOf(language));
  return {
    columns: COLUMNS.map((key, index) => ({ key, title: columns[index] ?? "" })),
    rows: rows.map((cells) => Object.fromEntries(COLUMNS.map((key, index) => [key, cells[index] ?? ""]))),
  };
}

export function sheetOf(rows: readonly FlowRow[], words: Words): Sheet {
  const addresses = new Map(rows.map(({ source }) => [source, addressesOf(source)]));
  return {
    columns: headsOf(COLUMNS, words),
    rows: rows.map((row) => {
      const run = { first: row, last: row };
      return [
        row.flow,
        row.source.name,
        addresses.get(row.source) ?? "",
        placeWords(row.place, words),
        String(row.port),
        "TCP",
        words.things.directions[row.direction],
        targetOf(run, words),
        descriptionOf(run, words),
        ...answersOf(row),
      ];
    }),
  };
}
