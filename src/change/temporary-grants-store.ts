/** The temporary grants, kept: what was granted still holds after a restart, and ends at the same instant. */
import { join } from "node:path";
import { SealedRecord } from "./state-sealed.ts";
import { NO_GRANTS, type TemporaryGrants } from "./temporary-grants.ts";

/** Reads them from the state directory. Rejects with `inventory-unreadable` where the file is damaged. */
export function openTemporaryGrants(folder: string): Promise<SealedRecord<TemporaryGrants>> {
  return SealedRecord.open({ path: join(folder, "grants"), what: "the temporary grants", empty: NO_GRANTS });
}
