/**
 * Rows packed for the way to another thread.
 *
 * Posting a thousand session records as objects stalls the posting thread for milliseconds, most of it spent on cloning
 * them; as one array of numbers beside a list of the distinct texts it takes microseconds. The original stays with the
 * sender until the batch is written, so that nothing is lost with a thread that dies.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Outcome, Party, SessionRecord } from "../engine/records.ts";
import type { Endpoint } from "../inventory/model.ts";
import type { TalliedRefusal } from "../observe/refusals.ts";
import type { Gap } from "./rows.ts";

export interface Batch {
  /** Consecutive within one life of the journal. */
  readonly number: number;
  /** When it was sealed. */
  readonly at: number;
  readonly texts: readonly string[];
  readonly sessions: Float64Array;
  readonly refusals: Float64Array;
  readonly changes: readonly PackedChange[];
  /** What was dropped before this batch. */
  readonly gap: Gap | undefined;
}

/** A change as it will be stored; `detail` is canonical JSON. */
export interface PackedChange {
  readonly at: number;
  readonly by: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
}

export interface Refused extends TalliedRefusal {
  readonly at: number;
}

const SESSION_CELLS = 12;
const REFUSAL_CELLS = 6;
/** Stands for an absent text or address; no index and no address is negative. */
const NONE = -1;
const PORTS = 65_536;

export class BatchBuilder {
  readonly #indices = new Map<string, number>();
  readonly #sessions: number[] = [];
  readonly #refusals: number[] = [];
  readonly #changes: PackedChange[] = [];

  get rows(): number {
    return this.#sessions.length / SESSION_CELLS + this.#refusals.length / REFUSAL_CELLS + this.#changes.length;
  }

  session(record: SessionRecord): void {
    this.#sessions.push(
      this.#index(record.flow),
      packEndpoint(record.endpoint),
      packEndpoint(record.target),
      this.#index(record.rule),
      record.source,
      record.startedAt,
      record.duration,
      record.bytesToTarget,
      record.bytesToClient,
      this.#index(record.outcome),
      this.#index(record.by),
      this.#index(record.cause),
    );
  }

  refused({ at, flow, source, outcome, reason, count }: Refused): void {
    this.#refusals.push(at, this.#index(flow), source ?? NONE, this.#index(outcome), this.#index(reason), count);
  }

  changed(change: PackedChange): void {
    this.#changes.push(change);
  }

  seal(number: number, at: number, gap: Gap | undefined): Batch {
    return {
      number,
      at,
      texts: [...this.#indices.keys()],
      sessions: new Float64Array(this.#sessions),
      refusals: new Float64Array(this.#refusals),
      changes: this.#changes,
      gap,
    };
  }

  #index(text: string | undefined): number {
    if (text === undefined) return NONE;
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }
}

export function rowsOf(batch: Batch): { sessions: number; refusals: number; changes: number } {
  return {
    sessions: batch.sessions.length / SESSION_CELLS,
    refusals: batch.refusals.length / REFUSAL_CELLS,
    changes: batch.changes.length,
  };
}

/** The sessions of a batch, one after another. */
export function* unpackSessions({ sessions, texts }: Batch): Generator<SessionRecord, void> {
  for (let start = 0; start < sessions.length; start += SESSION_CELLS) {
    const cell = (index: number): number => sessions[start + index] ?? 0;
    const text = (index: number): string => texts[cell(index)] ?? "";
    const cause = text(11);
    yield {
      flow: text(0),
      endpoint: unpackEndpoint(cell(1)),
      target: unpackEndpoint(cell(2)),
      rule: text(3),
      source: cell(4) as Ipv4,
      startedAt: cell(5),
      duration: cell(6),
      bytesToTarget: cell(7),
      bytesToClient: cell(8),
      outcome: text(9) as Outcome,
      by: text(10) as Party,
      ...(cause === "" ? {} : { cause }),
    };
  }
}

/** The refusals of a batch, one after another. */
export function* unpackRefusals({ refusals, texts }: Batch): Generator<Refused, void> {
  for (let start = 0; start < refusals.length; start += REFUSAL_CELLS) {
    const cell = (index: number): number => refusals[start + index] ?? 0;
    yield {
      at: cell(0),
      flow: texts[cell(1)],
      source: cell(2) === NONE ? undefined : (cell(2) as Ipv4),
      outcome: texts[cell(3)] as Refused["outcome"],
      reason: texts[cell(4)] as Refused["reason"],
      count: cell(5),
    };
  }
}

/** An endpoint as one whole number of 48 bits: the address, then the port. */
export function packEndpoint({ address, port }: Endpoint): number {
  return address * PORTS + port;
}

export function unpackEndpoint(packed: number): Endpoint {
  return { address: Math.floor(packed / PORTS) as Ipv4, port: packed % PORTS };
}
