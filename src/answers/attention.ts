/** What needs an operator's attention: plain data, put into words by whoever shows it. */
import type { Pending } from "../change/history-confirm.ts";
import type { Operation } from "../change/operations.ts";
import type { TemporaryGrant } from "../change/temporary-grants.ts";
import type { BlockedDoor } from "../engine/records.ts";
import type { JournalHealth } from "../journal/health.ts";
import { doorEvent } from "../observe/events.ts";
import type { ShieldCondition } from "../shield/shield.ts";
import type { Trouble } from "../probe/correlate.ts";

export type Attention =
  /** Rolled back by itself unless confirmed. */
  | { readonly what: "pending"; readonly number: number; readonly rollbackTo: number; readonly deadline: number }
  | { readonly what: "journal"; readonly state: string; readonly dropped: number }
  /** `stuck`: it may shut out who is allowed. */
  | { readonly what: "shield"; readonly state: "down" | "stuck"; readonly message: string }
  | { readonly what: "door-blocked"; readonly flow: string; readonly endpoint: string; readonly message: string }
  | { readonly what: "depot-down"; readonly depot: number; readonly since: number; readonly flows: number }
  | Extract<Trouble, { readonly what: "terminal-down" }>
  /** A temporary grant, within the hour. */
  | {
      readonly what: "grant-ends";
      readonly id: string;
      readonly source: string;
      readonly flows: number;
      readonly until: number;
    }
  /** By hand. */
  | {
      readonly what: "closed" | "draining";
      readonly flow: string;
      readonly by: string;
      readonly at: number;
      readonly reason?: string;
    }
  /** The inventory's file says something else than what runs. */
  | { readonly what: "file-differs" };

/** A grant that ends within this time is told, in milliseconds. */
const SOON = 3_600_000;
const MOST = 500;

export interface Concerns {
  readonly now: number;
  readonly pending: Pending | undefined;
  readonly journal: JournalHealth;
  readonly blocked: readonly BlockedDoor[];
  readonly shield: ShieldCondition;
  readonly troubles: readonly Trouble[];
  readonly grants: readonly TemporaryGrant[];
  readonly operations: readonly Operation[];
  readonly fileDiffers: boolean;
}

/** The most urgent first, at most 500. Pure. */
export function attentionTo(concerns: Concerns): readonly Attention[] {
  const { now, pending, journal, blocked, shield, troubles, grants, operations, fileDiffers } = concerns;
  return [
    ...waiting(pending),
    ...lacking(journal),
    ...fallen(shield),
    ...blocked.map(doorBlocked),
    ...troubles.toSorted((a, b) => rank(a) - rank(b)).map(troubled),
    ...grants
      .filter(({ until }) => until - now <= SOON)
      .toSorted((a, b) => a.until - b.until)
      .map(grantEnds),
    ...operations.filter(({ state }) => state === "closed").map(operated),
    ...operations.filter(({ state }) => state === "draining").map(operated),
    ...(fileDiffers ? [{ what: "file-differs" } as const] : []),
  ].slice(0, MOST);
}

function waiting(pending: Pending | undefined): readonly Attention[] {
  if (pending === undefined) return [];
  const { number, rollbackTo, deadline } = pending;
  return [{ what: "pending", number, rollbackTo, deadline }];
}

function lacking({ state, dropped: { sessions, refusals, changes } }: JournalHealth): readonly Attention[] {
  const dropped = sessions + refusals + changes;
  return state === "failing" || dropped > 0 ? [{ what: "journal", state, dropped }] : [];
}

function fallen(shield: ShieldCondition): readonly Attention[] {
  if (!("message" in shield)) return [];
  const { state, message } = shield;
  return [{ what: "shield", state, message }];
}

function doorBlocked(door: BlockedDoor): Attention {
  const { flow, endpoint, message } = doorEvent("blocked", door);
  return { what: "door-blocked", flow, endpoint, message };
}

function rank({ what }: Trouble): number {
  return what === "depot-down" ? 0 : 1;
}

function troubled(trouble: Trouble): Attention {
  return trouble.what === "depot-down" ? { ...trouble, flows: trouble.flows.length } : trouble;
}

function grantEnds({ id, source, flows, until }: TemporaryGrant): Attention {
  return { what: "grant-ends", id, source, flows: flows.length, until };
}

function operated({ state, flow, by, at, reason }: Operation): Attention {
  return { what: state, flow, by, at, ...(reason === undefined ? {} : { reason }) };
}
