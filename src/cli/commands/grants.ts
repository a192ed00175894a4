/** `ecluse grants`: the temporary grants in force, and those set aside. */
import type { Answered } from "../../answers/answered.ts";
import { ask, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { formatInstant } from "../instant.ts";
import { formatTable } from "../table.ts";

export const run: Run = async (invocation) => print(invocation, await ask(invocation, "grants", {}), asText);

type Grants = Answered["grants"];

const HEADER = ["ID", "SOURCE", "UNTIL", "BY", "FLOWS", "REASON"];

const REASONS = {
  "no-such-source": "the inventory has no such source",
  "no-such-flow": "the inventory has no such flow",
} as const satisfies Readonly<Record<Grants["aside"][number]["why"], string>>;

function asText({ list, aside }: Grants): string {
  const table = list.length === 0 ? "no temporary grant\n" : formatTable(HEADER, list.map(cells));
  const notes = aside.map(({ grant, flows, why }) => [grant.id, grant.source, REASONS[why], flows.join(" ")]);
  return aside.length === 0 ? table : `${table}\n${formatTable(["SET ASIDE", "SOURCE", "WHY", "AT"], notes)}`;
}

function cells({ id, source, until, by, flows, reason }: Grants["list"][number]): readonly string[] {
  const where = flows.length <= 4 ? flows.join(" ") : `${flows.slice(0, 3).join(" ")} and ${flows.length - 3} more`;
  return [id, source, formatInstant(until), by, where, reason];
}
