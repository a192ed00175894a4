/** The raw results of a run, and what is computed from them. */
import type { Figures } from "./load/job.ts";
import type { Isolation } from "./isolate.ts";
import type { Machine } from "./machine.ts";
import { median } from "./statistics.ts";

/** One measurement. */
export interface Measurement {
  readonly round: number;
  readonly case: string;
  readonly subject: string;
  readonly figures: Figures;
  /** Connections or requests that went wrong. */
  readonly failures: number;
  /** The first thing that went wrong. */
  readonly problem?: string;
}

/** A subject that sat something out, and why. */
export interface Absence {
  readonly subject: string;
  readonly case: string;
  readonly reason: string;
}

/** What `--out` holds. */
export interface Results {
  readonly machine: Machine;
  readonly isolation: Isolation;
  readonly rounds: number;
  readonly quick: boolean;
  /** Each host's packets were handled by its own processor. */
  readonly steered?: true;
  /** What the run took; absent in older ones. */
  readonly minutes?: number;
  readonly subjects: Readonly<Record<string, string>>;
  readonly absences: readonly Absence[];
  readonly measurements: readonly Measurement[];
}

/** The median of a figure over the rounds; NaN where it was never measured. */
export function medianOf(measurements: readonly Measurement[], subject: string, key: string): number {
  return median(valuesOf(measurements, subject, key).map(({ value }) => value));
}

/**
 * The median of the ratios to the reference, round by round: what slows a whole round down slows both.
 * NaN without a round in which both were measured.
 */
export function ratioOf(measurements: readonly Measurement[], subject: string, reference: string, key: string): number {
  const references = new Map(valuesOf(measurements, reference, key).map(({ round, value }) => [round, value]));
  const ratios = valuesOf(measurements, subject, key).map(({ round, value }) => value / (references.get(round) ?? NaN));
  return median(ratios.filter(Number.isFinite));
}

/** The rounds in which a figure was measured. */
export function valuesOf(
  measurements: readonly Measurement[],
  subject: string,
  key: string,
): readonly { readonly round: number; readonly value: number }[] {
  return measurements
    .filter((measurement) => measurement.subject === subject)
    .map(({ round, figures }) => ({ round, value: figures[key] ?? NaN }))
    .filter(({ value }) => Number.isFinite(value));
}
