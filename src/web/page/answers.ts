/** What the gateway answers and tells, as far as the page reads it. Types only: nothing of it is served. */
export type { Attention } from "../../answers/attention.ts";
export type { ApplyAnswer, PlanAnswer } from "../../answers/changing.ts";
export type { FlowAnswer, FlowGrant } from "../../answers/flow.ts";
export type { FlowState } from "../../answers/flow-state.ts";
export type {
  DepotOverview,
  EndedOverview,
  FlowOverview,
  OverviewAnswer,
  SessionOverview,
} from "../../answers/overview.ts";
export type { ProbeAnswer } from "../../answers/terminals.ts";
export type { AuditFinding } from "../../audit/finding.ts";
export type { EntryHead } from "../../change/history-entry.ts";
export type { ListedEntry } from "../../change/history.ts";
export type { GrantAside, TemporaryGrant } from "../../change/temporary-grants.ts";
export type { Activity } from "../../journal/activity-query.ts";
export type { PlainRow } from "../../journal/format.ts";
export type { ChangesAnswer } from "../../journal/operator-answers.ts";
export type { RecentRefusal } from "../../observe/recent-refusals.ts";
export type { StreamEvents } from "../../observe/stream-events.ts";
export type { AccessChange, PolicyChange } from "../../policy/policy-change.ts";
