/** The sources that have a right somewhere, each with a short sign (S1, S2, ...) that is the same in every document. */
import type { Source } from "../../inventory/model.ts";
import type { Subject } from "../subject.ts";
import { type FlowRow, flowRows } from "./flow-rows.ts";

export interface SignedSource {
  readonly sign: string;
  readonly source: Source;
}

/** Balancers are among them: they connect. */
export function usedSources(subject: Subject, rows: readonly FlowRow[] = flowRows(subject)): readonly SignedSource[] {
  const named = new Set(rows.flatMap(({ source, through }) => [source.name, ...through]));
  return subject.inventory.sources
    .filter(({ name }) => named.has(name))
    .map((source, index) => ({ sign: `S${index + 1}`, source }));
}
