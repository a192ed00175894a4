/** `ecluse refusals`: who was refused, most often first. */
import type { PlainRow } from "../../journal/format.ts";
import { askPast } from "../ask-past.ts";
import type { Run } from "../command.ts";
import { formatStretch, numberOption, stretchOptions, textOption } from "../given.ts";
import { localInstant, printRows, refuseTwoFormats, textOf } from "../rows.ts";

export const run: Run = async (invocation) => {
  const { options } = invocation;
  refuseTwoFormats(invocation);
  const stretch = stretchOptions(options);
  const by = textOption(options, "by") ?? "source";
  const rows = await askPast(invocation, "refusals", { by, limit: numberOption(options, "limit"), ...stretch });
  return printRows(invocation, {
    ...{ answer: rows, rows, cells: (row) => cells(row, by) },
    columns: [by, "count", "first", "last", "reasons"],
    header: [by.toUpperCase(), "TIMES", "FIRST", "LAST", "WHY"],
    none: `nobody was refused${formatStretch(stretch)}`,
  });
};

function cells(row: PlainRow, by: string): readonly string[] {
  const who = row[by] ?? `(no ${by})`;
  const when = [row["first"], row["last"]].map(localInstant);
  return [textOf(who), textOf(row["count"]), ...when, textOf(row["reasons"])];
}
