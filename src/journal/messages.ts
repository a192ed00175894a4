/** What the relay's thread and the journal's thread say to each other. */
import type { Selectable } from "../inventory/selector.ts";
import type { Activity } from "./activity-query.ts";
import type { Batch } from "./batch.ts";
import type { Counts } from "./backlog.ts";
import type { JournalProblem } from "./errors.ts";
import type { Fault } from "./fault.ts";
import type {
  ActivityQuery,
  ChainPlace,
  ChangePage,
  ChangeQuery,
  RefusalQuery,
  RefusalRank,
  SessionPage,
  SessionQuery,
  Usage,
  Verification,
} from "./rows.ts";
import type { Instants } from "./trusted-now.ts";

/** What the journal's thread is started with. */
export interface Assignment {
  readonly file: string;
  /** Milliseconds. */
  readonly keep: number;
  /** Bytes. */
  readonly size: number;
  /** Names this journal among all that ever wrote the file. */
  readonly life: string;
}

export type Order =
  | { readonly kind: "write"; readonly batch: Batch; readonly now: Instants }
  | { readonly kind: "tidy"; readonly now: Instants }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question; readonly now: Instants }
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "close" };

export type Report =
  | { readonly kind: "written"; readonly number: number; readonly state: FileState }
  | { readonly kind: "failed"; readonly number: number; readonly fault: Fault }
  /** Looking after the file went wrong, or right again. */
  | { readonly kind: "tidied"; readonly state?: FileState; readonly fault?: Fault }
  | { readonly kind: "set-aside"; readonly file: string; readonly fault: Fault }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "no-answer"; readonly id: number; readonly refused: RefusedQuestion };

export interface RefusedQuestion {
  readonly problem: JournalProblem;
  readonly message: string;
  readonly hint: string;
}

/** What the file has come to. */
export interface FileState {
  /** Bytes on the disk, the WAL included. */
  readonly bytes: number;
  readonly rows: Counts;
  /** The last change: note it elsewhere, and `verify` can tell a chain that was written anew. */
  readonly head: ChainPlace;
}

export type Question =
  | { readonly what: "sessions"; readonly query: SessionQuery }
  | { readonly what: "refusals"; readonly query: RefusalQuery }
  | { readonly what: "activity"; readonly query: ActivityQuery }
  | { readonly what: "usage"; readonly now: number; readonly days: number }
  | { readonly what: "changes"; readonly query: ChangeQuery }
  | { readonly what: "verify"; readonly kept: ChainPlace | undefined }
  | { readonly what: "flows" };

/** What each question is answered with. */
export interface Answers {
  readonly sessions: SessionPage;
  readonly refusals: readonly RefusalRank[];
  readonly activity: Activity;
  readonly usage: Usage;
  readonly changes: ChangePage;
  readonly verify: Verification;
  readonly flows: readonly Selectable[];
}
