/** `ecluse apply`: applies the inventory, whole or not at all. */
import type { Answered } from "../../answers/answered.ts";
import { EcluseError } from "../../errors.ts";
import { ask, order, print } from "../ask.ts";
import type { Invocation, Run } from "../command.ts";
import { formatFindings } from "../findings-report.ts";
import { durationOption, textOption } from "../given.ts";
import { formatInstant } from "../instant.ts";

export const run: Run = async (invocation) => {
  const { options } = invocation;
  const parameters = { note: textOption(options, "note"), confirm: durationOption(options, "confirm") };
  try {
    return print(invocation, await order(invocation, "apply", parameters), asText);
  } catch (error) {
    if (error instanceof EcluseError && error.code === "inventory-refused") await printFindings(invocation);
    throw error;
  }
};

async function printFindings(invocation: Invocation): Promise<void> {
  const { findings, files } = await ask(invocation, "plan", {});
  invocation.io.err(formatFindings(findings, files, { colour: false }));
}

function asText({ changes, lines, applied, number, pending }: Answered["apply"]): string {
  const change = changes ? lines.map((line) => `${line}\n`).join("") : "nobody gains or loses anything\n";
  const done = applied
    ? `${change}applied as inventory ${number}\n`
    : `nothing to apply: the file is what runs, inventory ${number}\n`;
  if (pending === null) return done;
  const until = formatInstant(pending.deadline);
  return `${done}unless ecluse confirm comes before ${until}, it goes back to inventory ${pending.rollbackTo}\n`;
}
