/** What changes something, and what would: applications, grants, and an operator's word on single flows. */
import type { Changes, Plan } from "../change/changes.ts";
import type { Pending } from "../change/history-confirm.ts";
import type { AppliedFile, EntryHead } from "../change/history-entry.ts";
import type { Operation } from "../change/operations.ts";
import type { Parameters } from "../control/routes.ts";
import { EcluseError } from "../errors.ts";
import { concernedBy } from "../observe/concerned.ts";
import { describeChange } from "../policy/compare-lines.ts";
import { isNoChange } from "../policy/compare.ts";
import type { PolicyChange } from "../policy/policy-change.ts";
import type { Asked } from "./asked.ts";

export interface ChangeAnswer {
  readonly changes: boolean;
  readonly lines: readonly string[];
  readonly change: PolicyChange;
}

export interface ApplyAnswer extends ChangeAnswer {
  /** Whether the history has a new entry; not where the file is what runs already. */
  readonly applied: boolean;
  /** The one in force. */
  readonly number: number;
  readonly pending: Pending | null;
}

export interface PlanAnswer extends ChangeAnswer {
  readonly valid: boolean;
  readonly findings: Plan["findings"];
  /** Those that findings speak of, for code frames. */
  readonly files: readonly AppliedFile[];
  /** How many sessions open now lose their right, or their flow. */
  readonly sessions: number;
}

export interface RollbackAnswer extends ChangeAnswer {
  readonly number: number;
}

export interface OperateAnswer {
  readonly state: Operation["state"] | "open";
  readonly flows: readonly string[];
}

/** The inventory in force, as it was read; without temporary grants. */
export interface InventoryAnswer {
  readonly entry: EntryHead;
  /** The main file first. */
  readonly files: readonly AppliedFile[];
}

export async function plan({ changes, gateway }: Asked, number: number | undefined): Promise<PlanAnswer> {
  const { change, valid, findings, files } = await changes.plan(number);
  const spokenOf = files.filter(({ file }) => findings.some(({ place }) => place.file === file));
  return {
    ...changeAnswer(change),
    valid,
    findings,
    files: spokenOf,
    sessions: concernedBy(change, await gateway.openSessions()).length,
  };
}

export async function apply({ changes }: Asked, { author, note, confirm }: Parameters<"apply">): Promise<ApplyAnswer> {
  const options = {
    ...(note === undefined ? {} : { note }),
    ...(confirm === undefined ? {} : { confirmWithin: confirm }),
  };
  const before = changes.entry.number;
  const change = await changes.apply({ author, ...options });
  const { number } = changes.entry;
  return { ...changeAnswer(change), applied: number !== before, number, pending: changes.pending ?? null };
}

export async function rollback(
  { changes }: Asked,
  { author, number }: Parameters<"rollback">,
): Promise<RollbackAnswer> {
  const change = await changes.rollback(author, number);
  return { ...changeAnswer(change), number: changes.entry.number };
}

export async function operate(
  { changes }: Asked,
  { author, select, to, reason }: Parameters<"operate">,
): Promise<OperateAnswer> {
  if (to !== "open" && to !== "closed" && to !== "draining") {
    throw new EcluseError("usage", `Cannot put flows to "${to}"`, { hint: "to is open, closed or draining" });
  }
  const because = reason === undefined ? {} : { reason };
  return { state: to, flows: await changes.operate({ select, state: to, author, ...because }) };
}

export function inventory({ entry }: Pick<Changes, "entry">): InventoryAnswer {
  const { files, ...head } = entry;
  return { entry: head, files };
}

function changeAnswer(change: PolicyChange): ChangeAnswer {
  return { changes: !isNoChange(change), lines: describeChange(change), change };
}
