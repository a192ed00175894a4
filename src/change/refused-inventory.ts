/** An inventory with errors: nothing of it is applied. Carries its findings for whoever prints them. */
import { EcluseError } from "../errors.ts";
import type { LoadResult } from "../inventory/load.ts";
import type { Inventory } from "../inventory/model.ts";
import type { AppliedFile } from "./history-entry.ts";

export class RefusedInventory extends EcluseError {
  readonly result: LoadResult;

  constructor(what: string, result: LoadResult) {
    const errors = result.findings.filter(({ severity }) => severity === "error");
    const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
    super("inventory-refused", `Cannot apply ${what}: it has ${count}, so nothing was changed and no door opened`, {
      hint: `${errors[0]?.message ?? "mend it"}; ecluse check shows all`,
    });
    this.result = result;
  }
}

/** Throws `inventory-refused`, with the findings, where it has errors; `what` names it for the message. */
export function accepted(
  result: LoadResult,
  what: string,
): { readonly inventory: Inventory; readonly files: readonly AppliedFile[] } {
  if (result.inventory !== undefined) return { inventory: result.inventory, files: result.files };
  throw new RefusedInventory(what, result);
}
