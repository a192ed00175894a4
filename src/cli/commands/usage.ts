/** `ecluse usage`: grants that nobody used. */
import { askPast } from "../ask-past.ts";
import type { Run } from "../command.ts";
import { numberOption } from "../given.ts";
import { formatInstant } from "../instant.ts";
import { printRows, refuseTwoFormats, textOf } from "../rows.ts";

export const run: Run = async (invocation) => {
  refuseTwoFormats(invocation);
  const days = numberOption(invocation.options, "days") ?? 90;
  const answer = await askPast(invocation, "usage", { days });
  if (answer.since > answer.from) {
    const began = formatInstant(answer.since);
    invocation.io.err(`ecluse: warning: the journal began at ${began}: of what was before it can say nothing\n`);
  }
  return printRows(invocation, {
    ...{ answer, rows: answer.unused.map(({ flow, source }) => ({ flow, source })), columns: ["flow", "source"] },
    header: ["FLOW", "NEVER ENTERED BY"],
    cells: (row) => [textOf(row["flow"]), textOf(row["source"])],
    none: `every grant was used in the last ${days} days`,
  });
};
