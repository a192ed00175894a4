/** A line of some log, with its instant: what several logs say of one terminal can then be read in order. */

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Which log: `journal`, `ufw.log`, `ecluse`, `docker depot22-tpe03`. */
  readonly from: string;
  /** In words, or as it stood in its log. */
  readonly text: string;
}

/** All in order of time; lines of one instant in the order of their logs. */
export function inOrder(logs: readonly (readonly LogLine[])[]): readonly LogLine[] {
  return logs.flat().toSorted((a, b) => a.at - b.at);
}
