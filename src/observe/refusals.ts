/**
 * Refused connections, added up per source, flow and reason.
 *
 * A scanner knocks thousands of times a second: one line for each would be an attack on the log, and so would be one for
 * each of 7,128 doors. Past a few rows a source's refusals are added up whatever the door, and past many rows whatever
 * the source, so that the report stays short and no refusal goes uncounted.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Refusal } from "../engine/records.ts";

export interface TalliedRefusal {
  /** Absent: no such door, or many of them. */
  readonly flow: string | undefined;
  /** Absent: no IPv4 address, or many of them. */
  readonly source: Ipv4 | undefined;
  readonly outcome: Refusal["outcome"];
  readonly reason: Refusal["reason"] | "many-doors" | "many-sources";
  readonly count: number;
}

/** Distinct rows between two reports, about 200 bytes each: all of them fit what the log keeps for a slow reader. */
const ROWS = 2_000;
/** Of them, for one source. */
const ROWS_PER_SOURCE = 20;

/** A refusal, or many. */
export type Addable = Pick<Refusal, "flow" | "source" | "outcome"> & {
  readonly reason: TalliedRefusal["reason"];
  readonly count?: number;
};

type Row = { -readonly [key in keyof TalliedRefusal]: TalliedRefusal[key] };

export class RefusalTally {
  readonly #rows = new Map<string, Row>();
  readonly #rowsPerSource = new Map<Ipv4 | undefined, number>();
  readonly #limit: number;
  readonly #limitPerSource: number;

  constructor(limit: number = ROWS, limitPerSource: number = ROWS_PER_SOURCE) {
    this.#limit = limit;
    this.#limitPerSource = limitPerSource;
  }

  /** Rows of another tally are added likewise. */
  add({ flow, source, outcome, reason, count = 1 }: Addable): void {
    const own = { flow, source, outcome, reason, count };
    if (this.#increase(own) || this.#start(own, this.#limitPerSource)) return;
    const manyDoors = { flow: undefined, source, outcome, reason: "many-doors", count } as const;
    // One more row per source and outcome, whatever its number of rows.
    if (this.#increase(manyDoors) || this.#start(manyDoors, Infinity)) return;
    const manySources = { flow: undefined, source: undefined, outcome, reason: "many-sources", count } as const;
    if (!this.#increase(manySources)) this.#rows.set(keyOf(manySources), { ...manySources });
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** What was added since the last call; most frequent first. */
  take(): readonly TalliedRefusal[] {
    const rows = [...this.#rows.values()].sort((a, b) => b.count - a.count);
    this.#rows.clear();
    this.#rowsPerSource.clear();
    return rows;
  }

  #increase(refusal: Row): boolean {
    const row = this.#rows.get(keyOf(refusal));
    if (row !== undefined) row.count += refusal.count;
    return row !== undefined;
  }

  /** Whether there was room for a new row. */
  #start(refusal: Row, limitPerSource: number): boolean {
    const ofSource = this.#rowsPerSource.get(refusal.source) ?? 0;
    if (this.#rows.size >= this.#limit || ofSource >= limitPerSource) return false;
    this.#rowsPerSource.set(refusal.source, ofSource + 1);
    this.#rows.set(keyOf(refusal), { ...refusal });
    return true;
  }
}

function keyOf({ source, flow, outcome, reason }: Row): string {
  return `${source ?? ""} ${flow ?? ""} ${outcome} ${reason}`;
}
