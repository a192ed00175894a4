/** The reading process of `read-apart.ts`: reads the inventory it is told of, answers once, ends. */
import { EcluseError } from "../errors.ts";
import { loadInventory } from "../inventory/load.ts";
import { inventoryOf } from "./history-inventory.ts";
import { pack } from "./packed-inventory.ts";
import type { Answer, Question } from "./read-apart.ts";

process.once("message", (question: Question) => process.send?.(read(question), () => process.disconnect()));

function read({ origin, known }: Question): Answer {
  try {
    const { inventory, ...result } = "file" in origin ? loadInventory(origin.file) : inventoryOf(origin.entry);
    return {
      kind: "read",
      result: inventory === undefined ? result : { ...result, inventory: pack(inventory, new Set(known)) },
    };
  } catch (error) {
    if (!(error instanceof EcluseError)) throw error;
    return { kind: "error", code: error.code, message: error.message, hint: error.hint };
  }
}
