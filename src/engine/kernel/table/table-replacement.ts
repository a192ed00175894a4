/**
 * A whole table in place of the one that stands, in one transaction: at no instant is there none, or half of one.
 *
 * Conntrack's timeouts stay: sessions inside hold on to theirs, and lose them with the object.
 */
import type { NftObject } from "../../../netfilter/nft.ts";
import type { KernelSettings } from "../settings.ts";
import { TABLE, type Table } from "./table.ts";
import { tableText } from "./table-text.ts";

/** `standing`: what `nft -j -t list table` shows of it; empty: there is none. */
export function tableReplacement(standing: readonly NftObject[], table: Table, settings: KernelSettings): string {
  return [`add table ${TABLE}\n`, `flush table ${TABLE}\n`, ...deletions(standing), tableText(table, settings)].join(
    "",
  );
}

/** Maps of verdicts first, for they refer to chains. */
function deletions(standing: readonly NftObject[]): readonly string[] {
  return (["map", "chain", "set"] as const).flatMap((kind) =>
    namesOf(standing, kind).map((name) => `delete ${kind} ${TABLE} ${name}\n`),
  );
}

function namesOf(standing: readonly NftObject[], kind: string): readonly string[] {
  return standing.flatMap((object) => {
    const found = object[kind] as { readonly name?: unknown } | undefined;
    return typeof found?.name === "string" ? [found.name] : [];
  });
}
