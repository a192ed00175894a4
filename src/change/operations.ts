/**
 * What operators did to single flows: closed, draining, or open again.
 *
 * Closed and draining flows let nobody new in; they differ in what becomes of those inside. Kept by id: a flow that a
 * new inventory no longer has keeps its state, and is still closed if it comes back. Pure.
 */
import { EcluseError } from "../errors.ts";
import { isProse } from "../inventory/names.ts";
import { escapeControls } from "../inventory/quote.ts";
import type { Standing } from "../policy/policy.ts";

export interface Operation {
  readonly flow: string;
  /** `closed`: nobody enters, those inside end by the flow's `onRevoke`. `draining`: nobody enters, those inside stay. */
  readonly state: Standing;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason?: string;
}

export interface OperationRequest {
  readonly flows: readonly string[];
  readonly state: Operation["state"] | "open";
  readonly by: string;
  readonly reason?: string;
}

/** Above the plan's 7,128 terminals and their neighbours, below what would fill a disk. */
const MOST = 20_000;
const LONGEST_NAME = 80;

/** The operations after one more. The last word on a flow holds. Throws `usage` for a reason that documents cannot carry. */
export function operate(
  operations: readonly Operation[],
  request: OperationRequest,
  now: number,
): readonly Operation[] {
  const { state, reason } = request;
  if (reason !== undefined && !isProse(reason)) throw refused("its reason cannot go into documents", "use plain text");
  const flows = new Set(request.flows);
  const others = operations.filter(({ flow }) => !flows.has(flow));
  if (state === "open") return others.length === operations.length ? operations : others;
  if (others.length + flows.size > MOST) throw refused(`${MOST} flows are closed already`, "open some first");
  const by = escapeControls(Array.from(request.by).slice(0, LONGEST_NAME).join(""));
  const because = reason === undefined ? {} : { reason };
  return [...others, ...[...flows].map((flow) => ({ flow, state, by, at: now, ...because }))];
}

/** What a policy is told of the flows that are not open. */
export function standings(operations: readonly Operation[]): ReadonlyMap<string, Standing> {
  return new Map(operations.map(({ flow, state }) => [flow, state]));
}

function refused(why: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot close: ${why}`, { hint });
}
