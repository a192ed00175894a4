/** What an acceptance run found: the data of its report, the same for every language and format. Pure. */
import type { LoadResult } from "../load/load.ts";
import type { Judged } from "./verdict.ts";

export interface Report {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly began: string;
  readonly ended: string;
  /** Who ran it, on which host. */
  readonly by: string;
  readonly host: string;
  readonly version: string;
  readonly inventory: { readonly file: string; readonly hash: string };
  /** What the gateway runs; absent: it carries no flow of this inventory. */
  readonly gateway?: RunningInventory;
  readonly vantages: readonly VantageFacts[];
  /** Absent: every flow was tried. */
  readonly sample?: { readonly flows: number; readonly of: number; readonly seed: number };
  readonly counts: Counts;
  readonly cells: readonly Judged[];
  readonly load?: LoadResult;
}

export interface RunningInventory {
  readonly number: number;
  readonly hash: string;
  /** Whether it is the one that was accepted by. */
  readonly same: boolean;
  /** Rights that operators gave for a time, which were counted in. */
  readonly temporary: number;
}

export interface VantageFacts {
  readonly name: string;
  readonly address: string;
  /** The sources of the inventory that it stands for; none: a stranger. */
  readonly sources: readonly string[];
  /** `here`: an address of the host that ran it; else the command that reached it. */
  readonly via: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly notTried: number;
}

export function countsOf(cells: readonly Judged[]): Counts {
  const count = (verdict: Judged["verdict"]): number => cells.filter((cell) => cell.verdict === verdict).length;
  return { passed: count("passed"), failed: count("failed"), notTried: count("not-tried") };
}

/** Many cells that were not tried for one reason are one line: `flows` says at how many. */
export interface Untried {
  readonly case: Judged["case"];
  readonly skip: NonNullable<Judged["skip"]>;
  readonly source?: string;
  readonly detail?: string;
  readonly flows: readonly string[];
}

export function untriedOf(cells: readonly Judged[]): readonly Untried[] {
  const groups = new Map<string, Untried>();
  for (const { verdict, flow, case: kind, skip, source, detail, vantage } of cells) {
    if (verdict !== "not-tried" || skip === undefined) continue;
    const who = source ?? vantage;
    const key = JSON.stringify([kind, skip, who, detail]);
    const flows = [...new Set([...(groups.get(key)?.flows ?? []), flow])];
    const about = { ...(who === undefined ? {} : { source: who }), ...(detail === undefined ? {} : { detail }) };
    groups.set(key, { case: kind, skip, ...about, flows });
  }
  return [...groups.values()];
}
