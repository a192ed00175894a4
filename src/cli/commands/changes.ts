/** `ecluse changes`: what was changed, when and by whom. */
import type { PlainRow } from "../../journal/format.ts";
import { askPast } from "../ask-past.ts";
import type { Run } from "../command.ts";
import { formatStretch, numberOption, stretchOptions } from "../given.ts";
import { localInstant, printRows, refuseTwoFormats, textOf } from "../rows.ts";

export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  refuseTwoFormats(invocation);
  const stretch = stretchOptions(options);
  const answer = await askPast(invocation, "changes", { limit: numberOption(options, "limit"), ...stretch });
  const { rows, next } = answer;
  if (next !== null) io.err(`ecluse: warning: only the newest ${rows.length} are shown; narrow --from and --to\n`);
  return printRows(invocation, {
    ...{ answer, rows, cells },
    columns: ["seq", "at", "by", "action", "subject", "detail", "hash"],
    header: ["NUMBER", "WHEN", "BY", "WHAT", "DETAIL", "HASH"],
    none: `no change${formatStretch(stretch)}`,
  });
};

function cells(row: PlainRow): readonly string[] {
  const detail = ["subject", "detail"].map((name) => textOf(row[name])).filter((text) => text !== "");
  const names = ["by", "action"].map((name) => textOf(row[name]));
  return [textOf(row["seq"]), localInstant(row["at"]), ...names, detail.join(" "), textOf(row["hash"]).slice(0, 12)];
}
