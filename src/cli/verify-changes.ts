/** `ecluse journal --verify`: whether the chain of the change records is unbroken. */
import type { Answered } from "../answers/answered.ts";
import { EcluseError } from "../errors.ts";
import { askPast } from "./ask-past.ts";
import { print } from "./ask.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { counted } from "./table.ts";

/** Whether the record of changes is unbroken. 1: it is not. */
export async function verify(invocation: Invocation): Promise<ExitCode> {
  refuseParts(invocation);
  const answer = await askPast(invocation, "verify", {});
  print(invocation, answer, verdict);
  return answer.sound ? 0 : 1;
}

/** A chain is unbroken as a whole, or not. */
function refuseParts({ options, operands }: Invocation): void {
  const part = ["from", "to", "source", "outcome", "limit", "csv"].find((name) => options[name] !== undefined);
  if (part === undefined && operands.length === 0) return;
  const what = part === undefined ? "a SELECTOR" : `--${part}`;
  throw new EcluseError("usage", `Cannot verify with ${what}: the record of changes is verified whole`, {
    hint: "ecluse journal --verify, perhaps with --json",
  });
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
