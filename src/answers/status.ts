/** What runs, and what needs attention: for the command line. */
import type { Changes } from "../change/changes.ts";
import type { Pending } from "../change/history-confirm.ts";
import type { EntryHead } from "../change/history-entry.ts";
import type { Operation } from "../change/operations.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { JournalHealth } from "../journal/health.ts";
import { type DoorEvent, doorEvent } from "../observe/events.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import { type Trouble, correlate } from "../probe/correlate.ts";
import type { Health } from "../probe/health.ts";
import type { Asked } from "./asked.ts";
import { scopeOf } from "./scope.ts";

/** With a selector: doors, open sessions, operations and grants of the flows it names, and what holds for the whole gateway. */
export interface StatusAnswer {
  readonly now: number;
  /** The one in force. */
  readonly inventory: EntryHead;
  readonly pending: Pending | null;
  readonly flows: number;
  readonly doors: { readonly open: number; readonly blocked: readonly DoorEvent[] };
  /** `elsewhere`: of the open ones, those that the process before this one still carries, whatever was selected. */
  readonly sessions: { readonly open: number; readonly most: number; readonly elsewhere: number };
  /** Let in and refused since this process began, at all its doors whatever was selected: for rates. */
  readonly counts: Gateway["counts"];
  readonly operations: readonly Operation[];
  readonly grants: Changes["grants"];
  /** What sessions and probes have told of the terminals; `unheard`: nothing yet. */
  readonly health: {
    readonly up: number;
    readonly down: number;
    readonly unheard: number;
    readonly troubles: readonly Trouble[];
  };
  readonly journal: JournalHealth;
  /** The kernel's part in refusing. */
  readonly shield: Gateway["shield"];
}

export async function status(
  { gateway, journal, changes, clock }: Asked,
  select: string | undefined,
): Promise<StatusAnswer> {
  const { files: _, ...entry } = changes.entry;
  const { policy, grants } = changes;
  const { flows, doors, has } = scopeOf(changes, select);
  const blocked = gateway.blocked.filter(({ flow }) => has(flow)).map((door) => doorEvent("blocked", door));
  return {
    now: clock.wall(),
    inventory: entry,
    pending: changes.pending ?? null,
    flows,
    doors: { open: doors - blocked.length, blocked },
    sessions: {
      open: (await gateway.openSessions()).filter(({ flow }) => has(flow)).length,
      most: policy.limits.sessions,
      elsewhere: gateway.sessionsElsewhere,
    },
    counts: gateway.counts,
    operations: changes.operations.filter(({ flow }) => has(flow)),
    grants: {
      list: grants.list.filter((grant) => grant.flows.some(has)),
      aside: grants.aside.filter((aside) => aside.flows.some(has)),
    },
    health: healthOf(gateway, select === undefined ? changes.relayed : changes.selected(select)),
    journal: journal.health,
    shield: gateway.shield,
  };
}

function healthOf({ health }: Gateway, flows: readonly RelayedFlow[]): StatusAnswer["health"] {
  const count = (state: Health["state"] | undefined): number =>
    flows.filter(({ id }) => health.get(id)?.state === state).length;
  const troubles = correlate(flows, (flow) => health.get(flow));
  return { up: count("up"), down: count("down"), unheard: count(undefined), troubles };
}
