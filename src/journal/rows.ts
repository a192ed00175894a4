/**
 * What the journal keeps, as whoever asks gets it. Instants are milliseconds since the epoch. Never a payload byte.
 *
 * A session is in the journal once it has ended; those still open are known to the engine alone.
 */
import type { Ipv4, Network } from "@ecluse/guard/address";
import type { Outcome, SessionRecord } from "../engine/records.ts";
import type { Selectable } from "../inventory/selector.ts";
import type { TalliedRefusal } from "../observe/refusals.ts";
import type { Activity } from "./activity-query.ts";

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What somebody changed: who, when, what. */
export interface ChangeEntry {
  readonly at: number;
  readonly by: string;
  /** One word: `apply`, `grant`, `revoke`, `drain`. */
  readonly action: string;
  /** What it was done to: a flow's id, an inventory's hash. */
  readonly subject?: string;
  /** Beyond 64 KiB of JSON only its length and sha256 are kept. */
  readonly detail?: Json;
}

/** A session that ended; `id` is where to go on from (`before`). */
export interface KeptSession extends SessionRecord {
  readonly id: string;
}

/** A change with its link of the chain. */
export interface KeptChange extends Required<ChangeEntry> {
  /** Consecutive, from 1. */
  readonly seq: number;
  /** sha256, hexadecimal. */
  readonly hash: string;
}

/** A stretch of time of which the journal knows that it lacks rows. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly sessions: number;
  readonly refusals: number;
  readonly changes: number;
  /** `dropped: ...` with what stood in the way, `unclean end`, or `set aside: ...` with the damaged file's name. */
  readonly why: string;
}

export interface SessionQuery {
  /** Ids of flows, any of them; absent: every flow; empty: none. */
  readonly flows?: readonly string[];
  readonly source?: Network;
  /** Name of the source whose grant let it in. */
  readonly rule?: string;
  /** Sessions that were open at any time from here, */
  readonly from?: number;
  /** to here, exclusive. */
  readonly to?: number;
  readonly outcome?: Outcome;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly before?: string;
}

/** Newest start first. */
export interface SessionPage {
  readonly rows: readonly KeptSession[];
  /** Present where there may be more. */
  readonly next?: string;
  /** Where the asked stretch of time lacks rows: the answer is not the whole truth then. */
  readonly gaps: readonly Gap[];
}

/** A bounded number of stretches is for whoever asks to see to. */
export interface ActivityQuery {
  /** Only of these. */
  readonly flows?: readonly string[];
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** The length of a stretch, in milliseconds. */
  readonly step: number;
}

export interface RefusalQuery {
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  readonly by: "source" | "flow";
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
}

/** How often one source (or at one flow) was refused; most frequent first. */
export interface RefusalRank {
  /** Absent when ranked by flow, and for refusals without a known source. */
  readonly source?: Ipv4;
  /** Absent when ranked by source, and for refusals where no flow listens. */
  readonly flow?: string;
  readonly count: number;
  /** When first and last told, within the asked stretch of time. */
  readonly first: number;
  readonly last: number;
  /** Count per reason. */
  readonly reasons: Readonly<Partial<Record<TalliedRefusal["reason"], number>>>;
}

/** A grant's last use. */
export interface Use {
  readonly flow: string;
  /** The source name of the grant. */
  readonly rule: string;
  readonly first: number;
  readonly last: number;
  readonly sessions: number;
}

export interface Usage {
  /** When this journal began: of what was before it can say nothing. */
  readonly since: number;
  /** Grants used within the asked days, by flow and rule. */
  readonly used: readonly Use[];
}

export interface ChangeQuery {
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  /** 1 to 1,000; default 100. A page also ends after 1 MiB of details. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly before?: number;
}

/** Newest first. */
export interface ChangePage {
  readonly rows: readonly KeptChange[];
  readonly next?: number;
}

/** A place in the chain of changes, worth keeping elsewhere. */
export interface ChainPlace {
  readonly seq: number;
  /** sha256, hexadecimal. */
  readonly hash: string;
}

export type Verification =
  | { readonly sound: true; readonly checked: number; readonly anchor: ChainPlace; readonly head: ChainPlace }
  | { readonly sound: false; readonly checked: number; readonly broken: BrokenLink };

/**
 * The first link that does not hold. `altered`: the row does not have its hash. `missing`: rows are gone, or were put
 * between. `head`: the last row is not the one the journal says it wrote last. `kept-head`: the row is not the one that
 * was kept elsewhere.
 */
export interface BrokenLink {
  readonly seq: number;
  readonly problem: "altered" | "missing" | "head" | "kept-head";
}

/** Questions that a running journal and a stopped gateway's file both answer. */
export interface JournalReader {
  sessions(query: SessionQuery, options?: Asking): Promise<SessionPage>;
  refusals(query: RefusalQuery, options?: Asking): Promise<readonly RefusalRank[]>;
  /** How much went on, in stretches of time of one length. */
  activity(query: ActivityQuery, options?: Asking): Promise<Activity>;
  /** Which grants were used in the `days` before `now`. */
  usage(now: number, days: number, options?: Asking): Promise<Usage>;
  changes(query: ChangeQuery, options?: Asking): Promise<ChangePage>;
  /** Checks the chain of changes; with `kept`, also that this place, noted earlier, is still in it. */
  verify(kept?: ChainPlace, options?: Asking): Promise<Verification>;
  /**
   * Every flow that ever had a session here, once for each endpoint and target it had: selectors must find terminals that
   * are gone, too.
   */
  flows(options?: Asking): Promise<readonly Selectable[]>;
}

export interface Asking {
  readonly signal?: AbortSignal;
}
