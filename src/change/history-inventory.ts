/** An applied inventory, read again. In a file of its own: it takes the parser, which a running gateway leaves out. */
import { matchesGlob } from "node:path";
import { EcluseError } from "../errors.ts";
import type { Shelf } from "../inventory/include.ts";
import { type LoadResult, readFrom } from "../inventory/read.ts";
import type { Entry } from "./history-entry.ts";

/**
 * Reads an entry's inventory from the entry alone: the files it came from may have changed, or be gone. Judged as of the
 * instant it was applied, unless told otherwise: an exception that has ended since would keep the gateway from starting,
 * and rights that have ended let nobody in anyway. Throws `inventory-unreadable` where an included file is not found.
 */
export function inventoryOf(entry: Entry, now: number = entry.at): LoadResult {
  const texts = new Map(entry.files.map(({ file, text }) => [file, text]));
  const shelf: Shelf = {
    read: (file) => {
      const text = texts.get(file);
      if (text === undefined) throw new Error("the applied inventory has no such file");
      return text;
    },
    list: (pattern) => [...texts.keys()].filter((file) => matchesGlob(file, pattern)),
  };
  const result = readFrom(entry.files[0]?.file ?? "", shelf, now);
  if (result.files.length === texts.size) return result;
  const message = `Cannot read applied inventory ${entry.number}: only ${result.files.length} of its ${texts.size} files are found`;
  throw new EcluseError("inventory-unreadable", message, { hint: "apply the inventory again from its files" });
}
