/** How much went on: sessions that ended and refusals, counted in stretches of time of one length. */
import type { Outcome } from "../engine/records.ts";

/** Plain data. Counts stand in the order of time, one for each stretch. */
export interface Activity {
  /** Milliseconds since the epoch; the first stretch begins then. */
  readonly from: number;
  /** Milliseconds since the epoch, exclusive. */
  readonly to: number;
  /** Milliseconds; the last stretch may be shorter. */
  readonly step: number;
  /** Sessions by the stretch they ended in; an outcome that none had is absent. */
  readonly sessions: Readonly<Partial<Record<Outcome, readonly number[]>>>;
  readonly refusals: readonly number[];
}
