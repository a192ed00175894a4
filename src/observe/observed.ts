/** A running gateway at one instant, as its metrics tell it. Plain data; who collects it knows the parts. */
import type { BlockedDoor, OpenSession } from "../engine/records.ts";
import type { Policy } from "../policy/policy.ts";
import type { CounterValues } from "./counters.ts";
import type { Descriptors } from "./descriptors.ts";
import type { DistributionValues } from "./distribution.ts";

export interface Observed {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The program's. */
  readonly version: string;
  /** The one in force. */
  readonly inventory: { readonly number: number; readonly hash: string };
  readonly policy: Policy;
  readonly sessions: readonly OpenSession[];
  readonly blocked: readonly BlockedDoor[];
  /** The kernel's part in refusing. */
  readonly shield: ShieldState;
  readonly counters: CounterValues;
  /** In seconds. */
  readonly loopDelay: DistributionValues;
  readonly descriptors: Descriptors;
  /** Bytes of memory that the process has. */
  readonly memory: number;
  readonly journal: {
    readonly state: string;
    readonly waiting: Rows;
    readonly dropped: Rows;
  };
}

export type ShieldState = "off" | "up" | "down" | "stuck";

type Rows = Readonly<Record<"sessions" | "refusals" | "changes", number>>;
