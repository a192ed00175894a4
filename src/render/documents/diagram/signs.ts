/** Which sources may reach what, in their short signs: `S1 S3`. */
import type { Depot } from "../../../inventory/model.ts";
import { terminalId } from "../../../inventory/numbering.ts";
import type { Subject } from "../../subject.ts";
import type { FlowRow } from "../flow-rows.ts";
import { type SignedSource, usedSources } from "../used-sources.ts";

export interface Signs {
  readonly sources: readonly SignedSource[];
  readonly ofFlow: (id: string) => string;
  /** Of any of its terminals. */
  readonly ofDepot: (depot: Depot) => string;
  /** Those who may reach any of a depot's terminals. */
  readonly sourcesOf: (depot: Depot) => readonly SignedSource[];
}

export function signsOf(subject: Subject, rows: readonly FlowRow[]): Signs {
  // Administration is no payment's way; a diagram of it would hide the rest.
  const flows = rows.filter(({ direction }) => direction !== "administration");
  const sources = usedSources(subject, rows).filter(({ source }) =>
    flows.some((row) => row.source === source || row.through.includes(source.name)),
  );
  const names = new Map<string, Set<string>>();
  for (const { flow, source, through } of flows) {
    const known = names.get(flow) ?? new Set();
    for (const name of [source.name, ...through]) known.add(name);
    names.set(flow, known);
  }
  const among = (known: ReadonlySet<string>): readonly SignedSource[] =>
    sources.filter(({ source }) => known.has(source.name));
  const ofDepot = ({ number, terminals }: Depot): ReadonlySet<string> =>
    new Set(terminals.flatMap((each) => [...(names.get(terminalId({ depot: number, terminal: each.number })) ?? [])]));
  return {
    sources,
    ofFlow: (id) => shown(among(names.get(id) ?? new Set())),
    ofDepot: (depot) => shown(among(ofDepot(depot))),
    sourcesOf: (depot) => among(ofDepot(depot)),
  };
}

function shown(sources: readonly SignedSource[]): string {
  return sources.map(({ sign }) => sign).join(" ");
}
