/** `ecluse history`: the inventories that were applied. */
import type { Answered } from "../../answers/answered.ts";
import { ask, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { formatInstant } from "../instant.ts";
import { formatTable } from "../table.ts";

export const run: Run = async (invocation) => print(invocation, await ask(invocation, "history", {}), asText);

type Entries = Answered["history"];

function asText(entries: Entries): string {
  return formatTable(["NUMBER", "APPLIED", "BY", "HASH", "STATE", "NOTE"], entries.map(cells));
}

function cells(entry: Entries[number], index: number): readonly string[] {
  if ("damaged" in entry) return [String(entry.number), "", "", "", "damaged", entry.damaged];
  const { number, at, author, hash, note = "" } = entry;
  return [String(number), formatInstant(at), author, hash.slice(0, 12), stateOf(entry, index === 0), note];
}

/** The newest is the one in force. */
function stateOf({ confirm }: Exclude<Entries[number], { damaged: string }>, isNewest: boolean): string {
  if (confirm !== undefined && confirm.confirmedAt === undefined) return isNewest ? "pending" : "not confirmed";
  return isNewest ? "in force" : "";
}
