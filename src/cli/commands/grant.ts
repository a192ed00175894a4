/** `ecluse grant SOURCE SELECTOR`: lets a source in for a while. */
import type { Answered } from "../../answers/answered.ts";
import { EcluseError } from "../../errors.ts";
import { order, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { durationOption, textOption } from "../given.ts";
import { formatInstant } from "../instant.ts";
import { counted } from "../table.ts";

export const run: Run = async (invocation) => {
  const { options, operands } = invocation;
  const [source = "", select = ""] = operands;
  const duration = durationOption(options, "for");
  const reason = textOption(options, "reason");
  if (duration === undefined) throw missing("for how long", "--for 2h");
  if (reason === undefined) throw missing("why", '--reason "Ticket 4711"');
  return print(invocation, await order(invocation, "grant", { source, select, for: duration, reason }), asText);
};

function asText({ id, source, flows, until }: Answered["grant"]): string {
  const where = flows.length <= 4 ? flows.join(", ") : counted(flows.length, "flow");
  return `${id}: ${source} may enter at ${where} until ${formatInstant(until)}\nto end it sooner: ecluse revoke ${id}\n`;
}

function missing(what: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot grant: it is not said ${what}`, { hint: `add ${hint}` });
}
