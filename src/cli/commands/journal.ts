/** `ecluse journal [SELECTOR]`: sessions that have ended; with `--verify`, whether the record of changes is unbroken. */
import type { Answered } from "../../answers/answered.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { PlainRow } from "../../journal/format.ts";
import { askPast } from "../ask-past.ts";
import type { Io, Run } from "../command.ts";
import { formatStretch, numberOption, stretchOptions, textOption } from "../given.ts";
import { localInstant, printRows, refuseTwoFormats, textOf } from "../rows.ts";
import { formatBytes, formatSpan } from "../table.ts";
import { verify } from "../verify-changes.ts";

const COLUMNS = [
  ...["started", "ended", "duration", "flow", "source", "rule", "endpoint", "target"],
  ...["bytesToTarget", "bytesToClient", "outcome", "by", "cause", "id"],
];

export const run: Run = async (invocation) => {
  const { options, operands, io } = invocation;
  if (options["verify"] !== undefined) return verify(invocation);
  refuseTwoFormats(invocation);
  const stretch = stretchOptions(options);
  const answer = await askPast(invocation, "journal", {
    select: operands[0],
    source: textOption(options, "source"),
    outcome: textOption(options, "outcome"),
    limit: numberOption(options, "limit"),
    ...stretch,
  });
  warn(io, answer);
  return printRows(invocation, {
    ...{ answer, rows: answer.rows, columns: COLUMNS, cells },
    header: ["STARTED", "FLOW", "SOURCE", "RULE", "LASTED", "TO IT", "BACK", "OUTCOME", "BY", "CAUSE"],
    none: `no session${formatStretch(stretch)}`,
  });
};

function cells(row: PlainRow): readonly string[] {
  const sizes = [row["bytesToTarget"], row["bytesToClient"]].map((bytes) => formatBytes(Number(bytes)));
  const names = ["flow", "source", "rule"].map((name) => textOf(row[name]));
  const ending = ["outcome", "by", "cause"].map((name) => textOf(row[name]));
  return [localInstant(row["started"]), ...names, formatSpan(Number(row["duration"])), ...sizes, ...ending];
}

/** The answer is not the whole truth where rows are missing. */
function warn({ err }: Io, { rows, gaps, more }: Answered["journal"]): void {
  for (const { from, to, sessions, why } of gaps) {
    const missing = sessions === 0 ? "sessions may be missing" : `${textOf(sessions)} sessions are missing`;
    const where = `between ${localInstant(from)} and ${localInstant(to)}`;
    err(`ecluse: warning: ${missing} ${where}: ${escapeControls(textOf(why))}\n`);
  }
  if (more)
    err(`ecluse: warning: only the newest ${rows.length} are shown; narrow --from and --to, or raise --limit\n`);
}
