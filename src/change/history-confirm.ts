/**
 * Applications that take themselves back unless they are confirmed: `apply --confirm 60s`.
 *
 * The confirmation stands in the applied entry itself, written in the same stroke: there is no instant at which the
 * entry is in force and what is owed to it is not known. Pure. While the process runs, whoever waits measures the time
 * with a clock that nobody sets; after a restart nobody waits, for nobody knows who could still reach the gateway.
 */
import { EcluseError } from "../errors.ts";
import { formatDuration } from "../inventory/duration.ts";

export interface Confirmation {
  /** The last entry that is confirmed, or needed no confirmation. */
  readonly rollbackTo: number;
  /** Milliseconds allowed. */
  readonly within: number;
  /** Wall clock, milliseconds since the epoch: to be shown, not to be measured by. */
  readonly deadline: number;
  /** Absent: nobody has confirmed yet. */
  readonly confirmedAt?: number;
}

/** As much of an applied entry as this needs. */
export interface Confirmable {
  readonly number: number;
  readonly confirm?: Confirmation;
}

export interface Pending extends Omit<Confirmation, "confirmedAt"> {
  readonly number: number;
}

/** What happened since an entry was applied. */
export type Since =
  | { readonly kind: "restarted" }
  | { readonly kind: "elapsed"; /** By a monotonic clock. */ readonly milliseconds: number };

/** Bounds of `--confirm`, in milliseconds. */
const SHORTEST = 5_000;
const LONGEST = 86_400_000;

/** What the entry in force still waits for. */
export function pendingOf({ number, confirm }: Confirmable): Pending | undefined {
  if (confirm === undefined || confirm.confirmedAt !== undefined) return undefined;
  const { rollbackTo, within, deadline } = confirm;
  return { number, rollbackTo, within, deadline };
}

/**
 * The confirmation that a new entry is to wait for. `last` is the one in force: where that one still waits, both go back
 * to the same. Throws `usage` where there is nothing to go back to, or the time is out of bounds.
 */
export function confirmationAfter(
  last: Confirmable | undefined,
  { at, within }: { readonly at: number; readonly within: number },
): Confirmation {
  if (last === undefined) {
    const hint = "apply the first inventory without --confirm";
    throw new EcluseError("usage", "Cannot apply with --confirm: no inventory was applied before", { hint });
  }
  if (!Number.isInteger(within) || within < SHORTEST || within > LONGEST) {
    const hint = `write a duration from ${formatDuration(SHORTEST)} to ${formatDuration(LONGEST)}, as in --confirm 60s`;
    throw new EcluseError("usage", "Cannot apply with --confirm: its time is out of bounds", { hint });
  }
  return { rollbackTo: pendingOf(last)?.rollbackTo ?? last.number, within, deadline: at + within };
}

/** The entry, confirmed. Throws `usage` where it waits for nothing, or is not the one that was meant. */
export function confirmed<T extends Confirmable>(last: T | undefined, number: number | undefined, at: number): T {
  const waits = last === undefined ? undefined : pendingOf(last);
  if (last?.confirm === undefined || waits === undefined || (number !== undefined && number !== waits.number)) {
    const hint = "it was confirmed or rolled back already: ecluse history";
    throw new EcluseError("usage", "Cannot confirm: no application waits for it", { hint });
  }
  return { ...last, confirm: { ...last.confirm, confirmedAt: at } };
}

/** The entry to go back to now, if any. */
export function rollbackDue(last: Confirmable, since: Since): number | undefined {
  const waits = pendingOf(last);
  if (waits === undefined) return undefined;
  return since.kind === "restarted" || since.milliseconds >= waits.within ? waits.rollbackTo : undefined;
}
