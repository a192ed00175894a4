/**
 * What operators ask of the past, in texts and numbers, and the plain rows they get: the same from a running gateway as
 * from the journal of one that is stopped.
 *
 * Each throws `usage` for a question that cannot be read, and `journal-unavailable` where the journal does not answer.
 */
import { parseAddress } from "@ecluse/guard/address";
import { OUTCOMES } from "../engine/records.ts";
import { EcluseError } from "../errors.ts";
import { selected } from "../inventory/selected.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import type { Activity } from "./activity-query.ts";
import { JournalError } from "./errors.ts";
import { type PlainRow, plainChange, plainGap, plainRefusal, plainSession } from "./format.ts";
import type { JournalReader, Verification } from "./rows.ts";
import { unusedGrants } from "./unused-grants.ts";

/** Who knows of the past, and what is needed of the present to read it. */
export interface Past {
  /** The one in use now. */
  readonly journal: JournalReader;
  /** Those in force that the gateway carries. */
  readonly flows: () => readonly RelayedFlow[] | Promise<readonly RelayedFlow[]>;
  /** Sessions that are open, and thus in no journal yet. */
  readonly inside: () => Insiders | Promise<Insiders>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Insiders = readonly { readonly flow: string; readonly rule: string }[];

/** A stretch of time, `to` exclusive, and how many rows at most. */
interface Bounds {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit?: number | undefined;
}

export interface SessionsQuestion extends Bounds {
  readonly select?: string | undefined;
  /** An IPv4 address. */
  readonly source?: string | undefined;
  readonly outcome?: string | undefined;
}

export interface ActivityQuestion {
  readonly select?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly step?: number | undefined;
}

export interface SessionsAnswer {
  readonly rows: readonly PlainRow[];
  readonly gaps: readonly PlainRow[];
  readonly more: boolean;
}

export interface ChangesAnswer {
  readonly rows: readonly PlainRow[];
  readonly next: number | null;
}

export interface UsageAnswer {
  /** When the journal began. */
  readonly since: number;
  readonly from: number;
  readonly unused: readonly { readonly flow: string; readonly source: string }[];
}

export interface OperatorAnswers {
  readonly journal: (question: SessionsQuestion) => Promise<SessionsAnswer>;
  readonly refusals: (question: Bounds & { readonly by?: string | undefined }) => Promise<readonly PlainRow[]>;
  readonly activity: (question: ActivityQuestion) => Promise<Activity>;
  readonly usage: (question: { readonly days?: number | undefined }) => Promise<UsageAnswer>;
  readonly changes: (question: Bounds) => Promise<ChangesAnswer>;
  readonly verify: () => Promise<Verification>;
}

const DAY = 86_400_000;

export function operatorAnswers(past: Past): OperatorAnswers {
  return {
    journal: (question) => sessions(past, question),
    refusals: async ({ by = "source", ...bounds }) => {
      if (by !== "source" && by !== "flow") throw wrong(`rank refusals by "${by}"`, "by is source or flow");
      return (await kept(past.journal.refusals({ by, ...bounded(bounds) }))).map(plainRefusal);
    },
    activity: (question) => activity(past, question),
    usage: ({ days = 90 }) => unused(past, days),
    changes: async (bounds) => {
      const { rows, next } = await kept(past.journal.changes(bounded(bounds)));
      return { rows: rows.map(plainChange), next: next ?? null };
    },
    verify: () => kept(past.journal.verify()),
  };
}

async function sessions(past: Past, question: SessionsQuestion): Promise<SessionsAnswer> {
  const { select, source, outcome, ...bounds } = question;
  const address = source === undefined ? undefined : parseAddress(source);
  if (source !== undefined && address === undefined) throw wrong(`find "${source}"`, "source is an IPv4 address");
  const known = OUTCOMES.find((one) => one === outcome);
  if (outcome !== undefined && known === undefined)
    throw wrong(`find "${outcome}"`, `outcome is one of ${OUTCOMES.join(", ")}`);
  const { rows, gaps, next } = await kept(
    past.journal.sessions({
      ...(select === undefined ? {} : { flows: await idsOf(past, select) }),
      ...(address === undefined ? {} : { source: { address, prefix: 32 } }),
      ...(known === undefined ? {} : { outcome: known }),
      ...bounded(bounds),
    }),
  );
  return { rows: rows.map(plainSession), gaps: gaps.map(plainGap), more: next !== undefined };
}

/** Stretches of time in one answer at most. */
const STRETCHES = 1_000;
/** Where nobody says how long they are, there are so many. */
const USUAL_STRETCHES = 100;

async function activity(past: Past, { select, from, to, step }: ActivityQuestion): Promise<Activity> {
  const end = to ?? past.now();
  const start = from ?? end - DAY;
  const length = step ?? Math.max(1_000, Math.ceil((end - start) / USUAL_STRETCHES));
  if (start >= end) throw wrong("count what went on", "from is before to");
  if (length < 1_000 || (end - start) / length > STRETCHES)
    throw wrong("count what went on", `step is at least 1000 ms, and makes at most ${STRETCHES} stretches`);
  const flows = select === undefined ? {} : { flows: await idsOf(past, select) };
  return kept(past.journal.activity({ from: start, to: end, step: length, ...flows }));
}

/** Also of flows that the inventory has no more: a disputed payment does not go with its terminal. */
async function idsOf({ journal, flows }: Past, select: string): Promise<readonly string[]> {
  const carried = await flows();
  const ids = new Set(carried.map(({ id }) => id));
  const gone = (await kept(journal.flows())).filter(({ id }) => !ids.has(id));
  return [...new Set(selected(select, [...carried, ...gone]).map(({ id }) => id))];
}

/** The grants of the flows it carries that were not used in so many days, by sessions that ended or by those inside. */
async function unused({ journal, flows, inside, now }: Past, days: number): Promise<UsageAnswer> {
  if (days < 1 || days > 3_650) throw wrong(`look ${days} days back`, "days is a number from 1 to 3650");
  const { since, used } = await kept(journal.usage(now(), days));
  // What a service's own machine lets in never passes here.
  const grants = (await flows()).flatMap(({ id, grants: list }) =>
    list.map(({ source }) => ({ flow: id, rule: source })),
  );
  const left = unusedGrants(grants, [...used, ...(await inside())]);
  return { since, from: now() - days * DAY, unused: left.map(({ flow, rule }) => ({ flow, source: rule })) };
}

/** What keeps the journal from answering is for the operator; nothing of the gateway fails with it. */
async function kept<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    throw new EcluseError("journal-unavailable", error.message, { hint: error.hint, cause: error });
  }
}

function bounded({ from, to, limit }: Bounds): {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
} {
  if (limit !== undefined && (limit < 1 || limit > 1_000))
    throw wrong(`list ${limit} rows`, "limit is a number from 1 to 1000");
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function wrong(attempt: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot ${attempt}`, { hint });
}
