/** `ecluse changes`: what was changed, when and by whom; with `--verify`, whether that record is unbroken. */
import type { Answered } from "../../answers.ts";
import type { PlainRow } from "../../journal/format.ts";
import { ask, print } from "../ask.ts";
import type { ExitCode, Invocation, Run } from "../command.ts";
import { formatStretch, numberOption, stretchOptions } from "../given.ts";
import { localInstant, printRows, refuseTwoFormats, textOf } from "../rows.ts";
import { counted } from "../table.ts";

export const run: Run = (invocation) => {
  refuseTwoFormats(invocation);
  return invocation.options["verify"] === undefined ? list(invocation) : verify(invocation);
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const { options, io } = invocation;
  const stretch = stretchOptions(options);
  const answer = await ask(invocation, "changes", { limit: numberOption(options, "limit"), ...stretch });
  const { rows, next } = answer;
  if (next !== null) io.err(`ecluse: warning: only the newest ${rows.length} are shown; narrow --from and --to\n`);
  return printRows(invocation, {
    ...{ answer, rows, cells },
    columns: ["seq", "at", "by", "action", "subject", "detail", "hash"],
    header: ["NUMBER", "WHEN", "BY", "WHAT", "DETAIL", "HASH"],
    none: `no change${formatStretch(stretch)}`,
  });
}

function cells(row: PlainRow): readonly string[] {
  const detail = ["subject", "detail"].map((name) => textOf(row[name])).filter((text) => text !== "");
  const names = ["by", "action"].map((name) => textOf(row[name]));
  return [textOf(row["seq"]), localInstant(row["at"]), ...names, detail.join(" "), textOf(row["hash"]).slice(0, 12)];
}

/** 1: it is broken. */
async function verify(invocation: Invocation): Promise<ExitCode> {
  const answer = await ask(invocation, "verify", {});
  print(invocation, answer, verdict);
  return answer.sound ? 0 : 1;
}

const PROBLEMS = {
  altered: "was altered",
  missing: "is preceded by records that are missing, or were put between",
  head: "is not the one that was written last",
  "kept-head": "is not the one that was kept elsewhere",
} as const satisfies Readonly<Record<(Answered["verify"] & { sound: false })["broken"]["problem"], string>>;

function verdict(answer: Answered["verify"]): string {
  const checked = `${counted(answer.checked, "record")} checked`;
  if (!answer.sound) return `broken: ${checked}; record ${answer.broken.seq} ${PROBLEMS[answer.broken.problem]}\n`;
  const { seq, hash } = answer.head;
  return `unbroken: ${checked}; the last is ${seq}, with hash ${hash}\n`;
}
