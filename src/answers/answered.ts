/** What each route answers. Plain data: the same before and after JSON. Instants are milliseconds, or ISO 8601 as text. */
import type { Changes } from "../change/changes.ts";
import type { ListedEntry } from "../change/history.ts";
import type { TemporaryGrant } from "../change/temporary-grants.ts";
import type { Activity } from "../journal/activity-query.ts";
import type { PlainRow } from "../journal/format.ts";
import type { ChangesAnswer, SessionsAnswer, UsageAnswer } from "../journal/operator-answers.ts";
import type { Verification } from "../journal/rows.ts";
import type { ApplyAnswer, InventoryAnswer, OperateAnswer, PlanAnswer, RollbackAnswer } from "./changing.ts";
import type { FlowAnswer } from "./flow.ts";
import type { OverviewAnswer } from "./overview.ts";
import type { SessionAnswer } from "./sessions.ts";
import type { StatusAnswer } from "./status.ts";
import type { TakeOverAnswer } from "./take-over.ts";
import type { HealthAnswer, ProbeAnswer } from "./terminals.ts";

export interface Answered {
  readonly status: StatusAnswer;
  readonly overview: OverviewAnswer;
  readonly flow: FlowAnswer;
  /** Server-Sent Events, without an end: `StreamEvents` by name. */
  readonly events: string;
  /** OpenMetrics text; it is sent in parts. */
  readonly metrics: string;
  readonly sessions: readonly SessionAnswer[];
  readonly health: HealthAnswer;
  readonly probe: ProbeAnswer;
  readonly history: readonly ListedEntry[];
  readonly inventory: InventoryAnswer;
  readonly plan: PlanAnswer;
  readonly apply: ApplyAnswer;
  readonly confirm: { readonly number: number };
  readonly rollback: RollbackAnswer;
  readonly grants: Changes["grants"];
  readonly grant: TemporaryGrant;
  readonly revoke: { readonly id: string };
  readonly operate: OperateAnswer;
  readonly journal: SessionsAnswer;
  readonly refusals: readonly PlainRow[];
  readonly activity: Activity;
  readonly usage: UsageAnswer;
  readonly changes: ChangesAnswer;
  readonly verify: Verification;
  readonly takeOver: TakeOverAnswer;
}
