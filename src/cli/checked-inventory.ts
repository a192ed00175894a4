/** The inventory of a command that only reads it. */
import { EcluseError } from "../errors.ts";
import { type LoadResult, loadInventory } from "../inventory/load.ts";
import type { Inventory } from "../inventory/model.ts";
import type { Invocation } from "./command.ts";
import { formatFindings } from "./findings-report.ts";
import { inventoryFile } from "./inventory-file.ts";

/** Throws `inventory-refused` after printing the findings; `attempt` says what for: `audit`. */
export function checkedInventory(
  invocation: Invocation,
  attempt: string,
): { readonly file: string; readonly inventory: Inventory; readonly files: LoadResult["files"] } {
  const file = inventoryFile(invocation);
  const { inventory, findings, files } = loadInventory(file);
  if (inventory !== undefined) return { file, inventory, files };
  invocation.io.err(`${formatFindings(findings, files, { colour: false })}\n`);
  throw new EcluseError("inventory-refused", `Cannot ${attempt} ${file}: the inventory has errors`, {
    hint: "mend what stands above, then: ecluse check",
  });
}
