/** What the gateway answers and tells, as far as the page reads it. Types only: nothing of it is served. */
import type { Pending } from "../../change/history-confirm.ts";
import type { EntryHead } from "../../change/history-entry.ts";
import type { Operation } from "../../change/operations.ts";
import type { Health } from "../../probe/health.ts";

export type { Pending, EntryHead, Operation, Health };
export type { ListedEntry } from "../../change/history.ts";
export type { TemporaryGrant } from "../../change/temporary-grants.ts";
export type { PolicyChange, AccessChange, Reach, SettingChange } from "../../policy/policy-change.ts";
export type { AuditFinding, Severity } from "../../audit/finding.ts";
export type { ApplyAnswer, PlanAnswer, ProbeAnswer } from "../../answers.ts";
export type { ChangesAnswer } from "../../journal/operator-answers.ts";
export type { PlainRow } from "../../journal/format.ts";

export interface OverviewAnswer {
  readonly now: number;
  readonly events: string;
  readonly language: "fr" | "en";
  readonly version: string;
  readonly inventory: EntryHead;
  readonly pending: Pending | null;
  readonly sessions: { readonly open: number; readonly most: number };
  readonly counts: { readonly sessions: number; readonly refusals: number };
  readonly depots: readonly DepotOverview[];
  readonly others: readonly FlowOverview[];
  readonly refusals: readonly RecentRefusal[];
  readonly recent: readonly EndedOverview[];
  readonly inside: readonly SessionOverview[];
  readonly attention: readonly Attention[];
}
export interface DepotOverview {
  readonly depot: number;
  readonly name: string | null;
  readonly terminals: readonly FlowOverview[];
}
export interface FlowOverview {
  readonly flow: string;
  readonly terminal?: number;
  readonly label?: string;
  readonly port: number;
  readonly state: FlowState;
  readonly sessions: number;
  readonly since?: number;
  readonly cause?: string;
}
export type FlowState = "blocked" | "closed" | "draining" | "in-session" | "down" | "free" | "unheard";
export interface RecentRefusal {
  readonly source: string | null;
  readonly flow: string | null;
  readonly reason: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}
export interface EndedOverview {
  readonly flow: string;
  readonly source: string;
  readonly outcome: string;
  readonly by: string;
  readonly cause?: string;
  readonly at: number;
  readonly duration: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}
export interface SessionOverview {
  readonly session: number;
  readonly flow: string;
  readonly source: string;
  readonly rule: string;
  readonly phase: "waiting" | "dialling" | "open";
  readonly leaving: boolean;
  readonly started: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}
export type Attention =
  | { readonly what: "depot-down"; readonly depot: number; readonly since: number; readonly flows: number }
  | { readonly what: "terminal-down"; readonly flow: string; readonly since: number; readonly cause: string }
  | { readonly what: "door-blocked"; readonly flow: string; readonly endpoint: string; readonly message: string }
  | {
      readonly what: "closed" | "draining";
      readonly flow: string;
      readonly by: string;
      readonly at: number;
      readonly reason?: string;
    }
  | {
      readonly what: "grant-ends";
      readonly id: string;
      readonly source: string;
      readonly flows: number;
      readonly until: number;
    }
  | { readonly what: "pending"; readonly number: number; readonly rollbackTo: number; readonly deadline: number }
  | { readonly what: "file-differs" }
  | { readonly what: "journal"; readonly state: string; readonly dropped: number };
export interface FlowAnswer {
  readonly flow: string;
  readonly label?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly depot?: number;
  readonly depotName?: string;
  readonly terminal?: number;
  readonly kind: string;
  readonly endpoints: readonly string[];
  readonly target?: string;
  readonly direction: string;
  readonly owner?: string;
  readonly reason?: string;
  readonly approver?: string;
  readonly reviewed?: string;
  readonly nextReview?: string;
  readonly state: FlowState;
  readonly since?: number;
  readonly cause?: string;
  readonly health?: Health;
  readonly operation?: Operation;
  readonly probe: string;
  readonly grants: readonly FlowGrant[];
  readonly neighbours: { readonly known: number; readonly down: number };
  readonly inside: readonly SessionOverview[];
  readonly recent: readonly EndedOverview[];
}
export interface FlowGrant {
  readonly source: string;
  readonly networks: readonly string[];
  readonly until?: string;
  readonly reason?: string;
  readonly id?: string;
}
