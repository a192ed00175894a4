/** What the control socket answers: each route's question, put to the part that knows. Answers are plain data. */
import type { Changes, Plan } from "./change/changes.ts";
import type { Pending } from "./change/history-confirm.ts";
import type { AppliedFile, EntryHead } from "./change/history-entry.ts";
import type { ListedEntry } from "./change/history.ts";
import type { Operation } from "./change/operations.ts";
import type { TemporaryGrant } from "./change/temporary-grants.ts";
import type { Parameters, RouteName } from "./control/routes.ts";
import type { Clock } from "./engine/engine.ts";
import type { OpenSession, Probed } from "./engine/records.ts";
import { EcluseError } from "./errors.ts";
import type { Gateway } from "./gateway.ts";
import { formatDuration } from "./inventory/duration.ts";
import type { Probing } from "./inventory/model.ts";
import type { PlainRow } from "./journal/format.ts";
import type { JournalHealth } from "./journal/health.ts";
import type { Journal } from "./journal/journal.ts";
import {
  type ChangesAnswer,
  type SessionsAnswer,
  type UsageAnswer,
  operatorAnswers,
} from "./journal/operator-answers.ts";
import type { Verification } from "./journal/rows.ts";
import { concernedBy } from "./observe/concerned.ts";
import { descriptors } from "./observe/descriptors.ts";
import { type DoorEvent, doorEvent, type SessionFacts, sessionFacts } from "./observe/events.ts";
import { openMetrics } from "./observe/openmetrics.ts";
import { describeChange } from "./policy/compare-lines.ts";
import { isNoChange } from "./policy/compare.ts";
import type { PolicyChange } from "./policy/policy-change.ts";
import { type Trouble, correlate } from "./probe/correlate.ts";
import type { Health } from "./probe/health.ts";
import { VERSION } from "./version.ts";

export interface Asked {
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly changes: Changes;
  readonly clock: Clock;
  /** Starts the program anew and hands over to it, within so many milliseconds. */
  readonly takeOver: (author: string, within: number) => Promise<TakeOverAnswer>;
}

/** Bounds of the time that a new process has to be ready, and what it has unless told otherwise, in milliseconds. */
const READY_WITHIN = { least: 1_000, most: 80_000, usual: 60_000 };

/** What each route answers. Plain data: the same before and after JSON. Instants are milliseconds, or ISO 8601 as text. */
export interface Answered {
  readonly status: StatusAnswer;
  /** OpenMetrics text; it is sent in parts. */
  readonly metrics: string;
  readonly sessions: readonly SessionAnswer[];
  readonly health: HealthAnswer;
  readonly probe: ProbeAnswer;
  readonly history: readonly ListedEntry[];
  readonly plan: PlanAnswer;
  readonly apply: ApplyAnswer;
  readonly confirm: { readonly number: number };
  readonly rollback: ChangeAnswer & { readonly number: number };
  readonly grants: Changes["grants"];
  readonly grant: TemporaryGrant;
  readonly revoke: { readonly id: string };
  readonly operate: { readonly state: Operation["state"] | "open"; readonly flows: readonly string[] };
  readonly journal: SessionsAnswer;
  readonly refusals: readonly PlainRow[];
  readonly usage: UsageAnswer;
  readonly changes: ChangesAnswer;
  readonly verify: Verification;
  readonly takeOver: TakeOverAnswer;
}

/** Terminals that nothing has told of yet have no state. Instants are milliseconds since the epoch. */
export interface HealthAnswer {
  readonly flows: readonly ({ readonly flow: string; readonly probe: Probing } & Partial<Health>)[];
  readonly troubles: readonly Trouble[];
}

export interface ProbeAnswer extends Omit<Probed, "outcome"> {
  readonly flow: string;
  /** `forbidden`: by the inventory. */
  readonly outcome: Probed["outcome"] | "forbidden";
}

export interface TakeOverAnswer {
  /** Process ids. */
  readonly from: number;
  readonly to: number;
  /** The new program's. */
  readonly version: string;
  /** Those that the old process carries to their end. */
  readonly sessions: number;
}

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
  readonly journal: JournalHealth;
}

export interface SessionAnswer extends SessionFacts {
  readonly phase: OpenSession["phase"];
  readonly leaving: boolean;
}

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

type Answers = {
  readonly [Name in RouteName]: (
    parameters: Parameters<Name>,
  ) => Promise<Name extends "metrics" ? AsyncIterable<string> : Answered[Name]>;
};

export function handlersOf(asked: Asked): Answers {
  const { changes, gateway, clock } = asked;
  return {
    status: ({ select }) => status(asked, select),
    metrics: () => metricsPage(asked),
    sessions: ({ select }) => sessions(asked, select),
    health: ({ select }) => Promise.resolve(health(asked, select)),
    probe: ({ select }) => probe(asked, select),
    history: async () => (await changes.history()).toReversed(),
    plan: async ({ number }) => {
      const { change, valid, findings, files } = await changes.plan(number);
      const spokenOf = files.filter(({ file }) => findings.some(({ place }) => place.file === file));
      return {
        ...changeAnswer(change),
        valid,
        findings,
        files: spokenOf,
        sessions: concernedBy(change, await gateway.openSessions()).length,
      };
    },
    apply: async ({ author, note, confirm }) => {
      const options = {
        ...(note === undefined ? {} : { note }),
        ...(confirm === undefined ? {} : { confirmWithin: confirm }),
      };
      const before = changes.entry.number;
      const change = await changes.apply({ author, ...options });
      const { number } = changes.entry;
      return { ...changeAnswer(change), applied: number !== before, number, pending: changes.pending ?? null };
    },
    confirm: async ({ author }) => ({ number: await changes.confirm(author) }),
    rollback: async ({ author, number }) => {
      const change = await changes.rollback(author, number);
      return { ...changeAnswer(change), number: changes.entry.number };
    },
    grants: () => Promise.resolve(changes.grants),
    grant: ({ author, source, select, for: duration, reason }) =>
      changes.grant({ author, source, select, duration, reason }),
    revoke: async ({ author, id }) => {
      await changes.revoke(author, id);
      return { id };
    },
    operate: ({ author, select, to, reason }) => operate(changes, { author, select, to, reason }),
    takeOver: ({ author, within = READY_WITHIN.usual }) => {
      const { least, most } = READY_WITHIN;
      if (within >= least && within <= most) return asked.takeOver(author, within);
      throw usage("hand over", `write a time from ${formatDuration(least)} to ${formatDuration(most)}`);
    },
    ...operatorAnswers({
      get journal() {
        return asked.journal;
      },
      flows: () => changes.policy.flows.filter((flow) => flow.kind === "relayed"),
      inside: () => gateway.openSessions(),
      now: clock.wall,
    }),
  };
}

async function status({ gateway, journal, changes, clock }: Asked, select: string | undefined): Promise<StatusAnswer> {
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
    journal: journal.health,
  };
}

/** What `docs/metrics.md` describes, of now. */
export async function metricsPage({
  gateway,
  journal,
  changes,
  clock,
}: Omit<Asked, "takeOver">): Promise<AsyncIterable<string>> {
  const open = await descriptors();
  const observed = await gateway.observed();
  return openMetrics({
    ...observed,
    now: clock.wall(),
    version: VERSION,
    inventory: changes.entry,
    policy: changes.policy,
    descriptors: open,
    memory: process.memoryUsage.rss(),
    journal: journal.health,
  });
}

/** The part of the gateway that a selector names; absent: all of it. */
interface Scope {
  readonly flows: number;
  readonly doors: number;
  readonly has: (flow: string) => boolean;
}

/** Throws `no-such-flow`. */
function scopeOf(changes: Changes, select: string | undefined): Scope {
  const { policy } = changes;
  if (select === undefined) return { flows: policy.flows.length, doors: policy.doors.size, has: () => true };
  const selected = changes.selected(select);
  const ids = new Set(selected.map(({ id }) => id));
  const doors = selected.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  return { flows: selected.length, doors, has: (flow) => ids.has(flow) };
}

function health({ gateway, changes }: Asked, select: string | undefined): HealthAnswer {
  const flows = changes.selected(select ?? "*");
  return {
    flows: flows.map(({ id, probe = "connect" }) => ({ flow: id, probe, ...gateway.health.get(id) })),
    troubles: correlate(flows, (flow) => gateway.health.get(flow)),
  };
}

async function probe({ gateway, changes }: Asked, select: string): Promise<ProbeAnswer> {
  const [flow, ...more] = changes.selected(select);
  if (flow === undefined || more.length > 0) throw usage(`probe ${more.length + 1} terminals at once`, "name one");
  if (flow.probe === "none") return { flow: flow.id, outcome: "forbidden", duration: 0 };
  const { duration, ...probed } = await gateway.probe(flow);
  return { flow: flow.id, ...probed, duration: Math.round(duration) };
}

async function sessions({ gateway, changes }: Asked, select: string | undefined): Promise<readonly SessionAnswer[]> {
  const { has } = scopeOf(changes, select);
  return (await gateway.openSessions()).filter(({ flow }) => has(flow)).map(sessionRow);
}

function sessionRow(session: OpenSession): SessionAnswer {
  return { ...sessionFacts(session), phase: session.phase, leaving: session.leaving };
}

function changeAnswer(change: PolicyChange): ChangeAnswer {
  return { changes: !isNoChange(change), lines: describeChange(change), change };
}

async function operate(
  changes: Changes,
  { author, select, to, reason }: { author: string; select: string; to: string; reason?: string | undefined },
): Promise<Answered["operate"]> {
  if (to !== "open" && to !== "closed" && to !== "draining") {
    throw usage(`put flows to "${to}"`, "to is open, closed or draining");
  }
  const because = reason === undefined ? {} : { reason };
  return { state: to, flows: await changes.operate({ select, state: to, author, ...because }) };
}

function usage(attempt: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot ${attempt}`, { hint });
}
