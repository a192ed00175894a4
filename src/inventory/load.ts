/** An inventory from the disk. */
import { globSync, readFileSync, statSync } from "node:fs";
import { EcluseError } from "../errors.ts";
import { escapeControls } from "./quote.ts";
import type { Shelf } from "./include.ts";
import { type LoadResult, readFrom } from "./read.ts";
import { LARGEST_FILE } from "./yaml-budget.ts";

export type { LoadResult } from "./read.ts";

/**
 * Reads and judges an inventory and what it includes. `now` (milliseconds since the epoch) decides which rights and
 * exceptions have ended. Throws `inventory-unreadable` where the main file cannot be read; the rest are findings.
 */
export function loadInventory(file: string, { now = Date.now() }: { readonly now?: number } = {}): LoadResult {
  let main: Uint8Array;
  try {
    main = readable(file);
  } catch (error) {
    const cause = reasonOf(error);
    const hint = cause.startsWith("no such file")
      ? "run ecluse init to write one, or name yours with --inventory FILE or $ECLUSE_INVENTORY"
      : "name a file that you may read with --inventory FILE or $ECLUSE_INVENTORY";
    const message = `Cannot read the inventory ${escapeControls(file)}: ${cause}`;
    throw new EcluseError("inventory-unreadable", message, { hint, cause: error });
  }
  const disk: Shelf = { read: (name) => (name === file ? main : included(name)), list: (pattern) => globSync(pattern) };
  return readFrom(file, disk, now);
}

function included(file: string): Uint8Array {
  try {
    return readable(file);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

/** A pipe or a device would keep us waiting, or never end; a file that is too large need not be read to say so. */
function readable(file: string): Uint8Array {
  const found = statSync(file);
  if (!found.isFile()) throw new Error(found.isDirectory() ? "it is a folder" : "it is not a plain file");
  return found.size > LARGEST_FILE ? new Uint8Array(LARGEST_FILE + 1) : readFileSync(file);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  ENOTDIR: "a part of its path is not a folder",
  ELOOP: "too many symbolic links",
};

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const known = code === undefined ? undefined : REASONS[code];
  return known ?? (error instanceof Error ? error.message : String(error));
}
