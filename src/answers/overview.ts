/**
 * The overview: one snapshot of all that a first screen needs, made at one instant, so that whoever follows the events
 * after it misses nothing and counts nothing twice.
 */
import type { Pending } from "../change/history-confirm.ts";
import type { EntryHead } from "../change/history-entry.ts";
import type { OpenSession } from "../engine/records.ts";
import type { RecentRefusal } from "../observe/recent-refusals.ts";
import type { RecentSession } from "../observe/recent-sessions.ts";
import type { Attention } from "./attention.ts";
import type { FlowState } from "./flow-state.ts";

export type EndedOverview = RecentSession;

/** With a selector: depots, others, refusals, recent and inside are those of the flows it names. */
export interface OverviewAnswer {
  /** Milliseconds since the epoch, as every instant here. */
  readonly now: number;
  /** The id of the last event that this includes: follow the stream after it. */
  readonly events: string;
  readonly language: "fr" | "en";
  /** The program's. */
  readonly version: string;
  /** The one in force. */
  readonly inventory: EntryHead;
  readonly pending: Pending | null;
  readonly sessions: { readonly open: number; readonly most: number };
  /** Let in and refused since this process began, whatever was selected. */
  readonly counts: { readonly sessions: number; readonly refusals: number };
  readonly depots: readonly DepotOverview[];
  /** What the gateway carries besides terminals. */
  readonly others: readonly FlowOverview[];
  /** Of the last quarter of an hour, the last first, at most 50. */
  readonly refusals: readonly RecentRefusal[];
  /** The last 20 that ended, the last first; of a selection those among the last 200. */
  readonly recent: readonly EndedOverview[];
  /** Open now, the oldest first, at most 200. */
  readonly inside: readonly SessionOverview[];
  /** The most urgent first, at most 500. */
  readonly attention: readonly Attention[];
}

export interface DepotOverview {
  readonly depot: number;
  readonly name: string | null;
  readonly terminals: readonly FlowOverview[];
}

export interface FlowOverview {
  readonly flow: string;
  /** Its number in the depot. */
  readonly terminal?: number;
  readonly label?: string;
  /** The public port; the first, where there are aliases. */
  readonly port: number;
  readonly state: FlowState;
  /** Open now. */
  readonly sessions: number;
  /** Since when it is in this state, where that is known. */
  readonly since?: number;
  /** Of `blocked` and `down`, the system's word; of `closed` and `draining`, the operator's reason. */
  readonly cause?: string;
}

export interface SessionOverview {
  /** As in the events; 0: turned away just now. */
  readonly session: number;
  readonly flow: string;
  readonly source: string;
  readonly rule: string;
  readonly phase: OpenSession["phase"];
  readonly leaving: boolean;
  readonly started: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}
