/** Which gateway a command speaks to. */
import { existsSync } from "node:fs";
import { loadInventory } from "../inventory/load.ts";
import type { Invocation } from "./command.ts";
import { inventoryFile } from "./inventory-file.ts";
import { defaultControl, defaultState } from "./places.ts";

/** The socket of the running gateway: --control, $ECLUSE_CONTROL, the inventory's gateway.control, or the default. */
export function controlSocket(given: Pick<Invocation, "options" | "io">): string {
  const named = given.options["control"] ?? given.io.env["ECLUSE_CONTROL"];
  if (typeof named === "string" && named !== "") return named;
  const file = inventoryFile(given);
  const gateway = existsSync(file) ? loadInventory(file).inventory?.gateway : undefined;
  return gateway?.control ?? defaultControl(given, gateway?.state ?? defaultState(given));
}
