/** The reading process of `read-apart.ts`: reads the inventory it is told of, answers once, ends. */
import { EcluseError } from "../errors.ts";
import { loadInventory } from "../inventory/load.ts";
import { inventoryOf } from "./history-inventory.ts";
import type { Answer, Origin } from "./read-apart.ts";

process.once("message", (origin: Origin) => process.send?.(read(origin), () => process.disconnect()));

function read(origin: Origin): Answer {
  try {
    return { kind: "read", result: "file" in origin ? loadInventory(origin.file) : inventoryOf(origin.entry) };
  } catch (error) {
    if (!(error instanceof EcluseError)) throw error;
    return { kind: "error", code: error.code, message: error.message, hint: error.hint };
  }
}
