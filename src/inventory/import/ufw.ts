/** `import ufw`: rules of ufw in any of its formats, which are recognised by themselves. */
import type { SourceFile } from "../tree.ts";
import type { Account } from "./account.ts";
import type { Rule } from "./draft.ts";
import { spotOn } from "./excerpt.ts";
import { isCommands, readCommands } from "./ufw-commands.ts";
import { isStatus, readStatus } from "./ufw-status.ts";
import { isTuples, readTuples } from "./ufw-tuples.ts";

/** The rules in their order: the first that fits a connection decides. */
export function readUfw(file: SourceFile, account: Account): readonly Rule[] {
  if (isTuples(file.text)) return readTuples(file, account);
  if (isStatus(file.text)) return readStatus(file, account);
  if (isCommands(file.text)) return readCommands(file, account);
  const hint = "give /etc/ufw/user.rules, or what LC_ALL=C ufw show added (or ufw status numbered) prints";
  account.report.add("not-ufw", spotOn(file, 1), "there is no rule of ufw here", hint);
  return [];
}
