/** The flow matrix, of what is in force now: the same rows as the document. */
import { basename } from "node:path";
import { withTemporaryGrants } from "../../change/temporary-grants.ts";
import { compile } from "../../policy/compile.ts";
import type { Language } from "../../render/documents/document.ts";
import { type MatrixSheet, matrixSheet } from "../../render/documents/matrix-sheet.ts";
import type { AppliedInventory } from "./applied-inventory.ts";
import type { GatewaySocket } from "./gateway.ts";
import { Problem } from "./problem.ts";

export interface MatrixRequest {
  readonly inventory: AppliedInventory;
  readonly gateway: GatewaySocket;
  readonly language: Language;
  /** Milliseconds since the epoch: which rights hold. */
  readonly at: number;
}

/** With the temporary grants. Throws `no-gateway`. */
export async function matrix({ inventory, gateway, language, at }: MatrixRequest): Promise<MatrixSheet> {
  const { inventory: written, entry, files } = await inventory.current();
  const { list } = await gateway.read("grants");
  const extended = withTemporaryGrants(written, list, at);
  const subject = {
    ...{ inventory: extended, policy: compile(extended), at },
    ...{ date: new Date(at).toISOString().slice(0, 10), version: entry.hash, file: basename(files[0]?.file ?? "") },
  };
  return matrixSheet(subject, language);
}

/** Throws 400. */
export function readLanguage(text: string | null | undefined): Language {
  if (text === "fr" || text === "en") return text;
  throw new Problem(400, "bad-request", "Cannot give the flow matrix in that language", { hint: "?language=fr or en" });
}
