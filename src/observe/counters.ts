/**
 * What a gateway has counted: sessions that ended, bytes, refusals. Never by source: a stranger must not be able to make
 * it grow.
 *
 * A process that takes over goes on from the counts of the one before it, so that they are the gateway's, not the
 * process's; only a restart begins anew.
 */
import type { Refusal, SessionRecord } from "../engine/records.ts";
import { Distribution, type DistributionValues } from "./distribution.ts";

/** Plain data, the same before and after JSON. */
export interface CounterValues {
  /** Sessions that have ended, by outcome. */
  readonly ended: Counts;
  /** The same, by flow; a flow that none has ended at is absent. */
  readonly flows: Counts;
  /** Refusals, by reason. */
  readonly refused: Counts;
  /** Of the sessions that have ended. */
  readonly bytes: { readonly toTarget: number; readonly toClient: number };
  /** From accept to outcome, in seconds. */
  readonly session: DistributionValues;
  /** How long terminals took to answer, in seconds; those that did not are not among them. */
  readonly dial: DistributionValues;
}

export type Counts = Readonly<Record<string, number>>;

/** A payment takes seconds, one whose customer types a PIN up to 180 s; the idle limit is 300 s unless told otherwise. */
const SESSION_BOUNDS = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600];
/** A tunnel answers within tens of milliseconds; the connect limit is 5 s unless told otherwise. */
const DIAL_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Counters {
  readonly #ended = new Map<string, number>();
  readonly #flows = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #session = new Distribution(SESSION_BOUNDS);
  readonly #dial = new Distribution(DIAL_BOUNDS);
  #toTarget = 0;
  #toClient = 0;

  ended({ outcome, flow, bytesToTarget, bytesToClient, duration, dial }: SessionRecord): void {
    increase(this.#ended, outcome, 1);
    increase(this.#flows, flow, 1);
    this.#toTarget += bytesToTarget;
    this.#toClient += bytesToClient;
    this.#session.see(duration / 1_000);
    if (dial !== undefined) this.#dial.see(dial / 1_000);
  }

  /** `count`: how many there were of the same. */
  refused({ reason }: Pick<Refusal, "reason">, count = 1): void {
    increase(this.#refused, reason, count);
  }

  get values(): CounterValues {
    return {
      ended: Object.fromEntries(this.#ended),
      flows: Object.fromEntries(this.#flows),
      refused: Object.fromEntries(this.#refused),
      bytes: { toTarget: this.#toTarget, toClient: this.#toClient },
      session: this.#session.values,
      dial: this.#dial.values,
    };
  }

  /** Counts on from what another process of this gateway has counted. */
  goOnFrom({ ended, flows, refused, bytes, session, dial }: CounterValues): void {
    addAll(this.#ended, ended);
    addAll(this.#flows, flows);
    addAll(this.#refused, refused);
    this.#toTarget += bytes.toTarget;
    this.#toClient += bytes.toClient;
    this.#session.add(session);
    this.#dial.add(dial);
  }
}

function increase(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function addAll(counts: Map<string, number>, more: Counts): void {
  for (const [name, by] of Object.entries(more)) increase(counts, name, by);
}
