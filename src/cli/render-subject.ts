/** What `ecluse render` renders from: the inventory, with the running gateway's temporary grants where they are asked for. */
import { basename } from "node:path";
import { hashOf } from "../change/history-entry.ts";
import { withTemporaryGrants } from "../change/temporary-grants.ts";
import { compile } from "../policy/compile.ts";
import type { Subject } from "../render/subject.ts";
import { ask } from "./ask.ts";
import { checkedInventory } from "./checked-inventory.ts";
import type { Invocation } from "./command.ts";

/** Throws `inventory-refused` after printing the findings; `no-gateway` where `--live` finds none. */
export async function renderSubject(invocation: Invocation, at: number): Promise<Subject> {
  const { file, inventory: written, files } = checkedInventory(invocation, "render");
  const live = invocation.options["live"] === undefined ? [] : (await ask(invocation, "grants", {})).list;
  const inventory = withTemporaryGrants(written, live, at);
  const date = new Date(at).toISOString().slice(0, 10);
  return { inventory, policy: compile(inventory), at, date, version: hashOf(files), file: basename(file) };
}
