/**
 * What the running process and the new one tell each other over their channel, in this order:
 *
 * hello -> settings -> ready -> yours -> serving; then orders one way and reports the other, until no session is left.
 */
import type { HandedSession, SessionOrder, SessionReport } from "../engine/handover.ts";
import type { Endpoint } from "../inventory/model.ts";
import type { CounterValues } from "../observe/counters.ts";

/** Two programs take over from each other only where this number is the same in both. */
export const PROTOCOL = 1;

/** Marks a process that was started to take over; the channel alone would not: any parent may have opened one. */
export const MARK = "ECLUSE_TAKE_OVER";

/** What the new process must know before it reads anything: the running one's places, not those of a file that changed. */
export interface Settings {
  readonly file: string;
  readonly state: string;
  readonly control: string;
  /** The group whose members may use that socket, too. */
  readonly controlGroup?: string;
  readonly journal: { readonly keep: number; readonly size: number };
  readonly watch: boolean;
  /** Where metrics are served; absent: on that socket alone. */
  readonly metrics?: Endpoint;
}

/** What the new process goes on from. */
export interface Yours {
  readonly sessions: readonly HandedSession[];
  /** Absent: the running program is of a version that did not count. */
  readonly counters?: CounterValues;
}

export type ToSuccessor =
  /** `lock`: the descriptor of the state directory's lock. `author`: who asked for it. */
  | {
      readonly what: "settings";
      readonly settings: Settings;
      readonly lock: number;
      readonly author: string;
    }
  | ({ readonly what: "yours" } & Yours)
  | { readonly what: "report"; readonly report: SessionReport };

export type FromSuccessor =
  | { readonly what: "hello"; readonly protocol: number; readonly version: string }
  /** Every door listens; whoever enters waits for a place at a terminal. */
  | { readonly what: "ready" }
  | { readonly what: "failed"; readonly message: string; readonly hint: string }
  | { readonly what: "serving" }
  | { readonly what: "order"; readonly order: SessionOrder };
