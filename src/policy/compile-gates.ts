/** One gate per distinct list of grants: 7,128 terminals usually share a handful. */
import type { Network } from "@ecluse/guard/address";
import type { Grant, Source } from "../inventory/model.ts";
import { type Gate, compileGate, sameGate } from "./gate.ts";

/** The gates of one policy, for the next one to take what is as it was. */
export interface Gates {
  readonly of: (grants: readonly Grant[]) => Gate;
  readonly known: KnownGates;
}

export interface KnownGates {
  /** By the source's name. */
  readonly networks: ReadonlyMap<string, readonly Network[]>;
  readonly byList: ReadonlyMap<readonly Grant[], KnownGate>;
  readonly byContent: ReadonlyMap<string, Gate>;
}

interface KnownGate {
  readonly gate: Gate;
  /** What its list of grants says. */
  readonly content: string;
}

export function gatesOf(sources: readonly Source[], before?: KnownGates): Gates {
  const networks = new Map(sources.map((source) => [source.name, source.networks]));
  const networksOf = (source: string): readonly Network[] => networks.get(source) ?? [];
  const byList = new Map<readonly Grant[], KnownGate>();
  const byContent = new Map<string, Gate>();
  const isAsBefore = ({ source }: Grant): boolean => networks.get(source) === before?.networks.get(source);
  const gateOf = (grants: readonly Grant[]): KnownGate => {
    const kept = before?.byList.get(grants);
    if (kept !== undefined && grants.every(isAsBefore)) return kept;
    const content = kept?.content ?? JSON.stringify(grants);
    const old = before?.byContent.get(content);
    return { content, gate: byContent.get(content) ?? unlessSame(compileGate(grants, networksOf), old) };
  };
  const of = (grants: readonly Grant[]): Gate => {
    const shared = byList.get(grants);
    if (shared !== undefined) return shared.gate;
    const known = gateOf(grants);
    byList.set(grants, known);
    byContent.set(known.content, known.gate);
    return known.gate;
  };
  return { of, known: { networks, byList, byContent } };
}

/** The old one where they are the same. */
function unlessSame(gate: Gate, old: Gate | undefined): Gate {
  return old !== undefined && sameGate(gate, old) ? old : gate;
}
