/** Handing over to a new process of the program. */
import type { Parameters } from "../control/routes.ts";
import { EcluseError } from "../errors.ts";
import { formatDuration } from "../inventory/duration.ts";
import type { Asked } from "./asked.ts";

/** Bounds of the time that a new process has to be ready, and what it has unless told otherwise, in milliseconds. */
const READY_WITHIN = { least: 1_000, most: 80_000, usual: 60_000 };

export interface TakeOverAnswer {
  /** Process ids. */
  readonly from: number;
  readonly to: number;
  /** The new program's. */
  readonly version: string;
  /** Those that the old process carries to their end. */
  readonly sessions: number;
}

export function takeOver(
  asked: Pick<Asked, "takeOver">,
  { author, within = READY_WITHIN.usual }: Parameters<"takeOver">,
): Promise<TakeOverAnswer> {
  const { least, most } = READY_WITHIN;
  if (within >= least && within <= most) return asked.takeOver(author, within);
  throw new EcluseError("usage", "Cannot hand over", {
    hint: `write a time from ${formatDuration(least)} to ${formatDuration(most)}`,
  });
}
