/** The operations, kept: a terminal that was closed is still closed after a restart. */
import { join } from "node:path";
import type { Operation } from "./operations.ts";
import { SealedRecord } from "./state-sealed.ts";

/** Reads them from the state directory. Rejects with `inventory-unreadable` where the file is damaged. */
export function openOperations(folder: string): Promise<SealedRecord<readonly Operation[]>> {
  return SealedRecord.open<readonly Operation[]>({
    path: join(folder, "operations"),
    what: "the closed flows",
    empty: [],
  });
}
