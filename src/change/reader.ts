/** The reading process of `read-apart.ts`: reads the file it is given, answers once, ends. */
import { EcluseError } from "../errors.ts";
import { loadInventory } from "../inventory/load.ts";
import type { Answer } from "./read-apart.ts";

process.once("message", (file: string) => process.send?.(read(file), () => process.disconnect()));

function read(file: string): Answer {
  try {
    return { kind: "read", result: loadInventory(file) };
  } catch (error) {
    if (!(error instanceof EcluseError)) throw error;
    return { kind: "error", code: error.code, message: error.message, hint: error.hint };
  }
}
