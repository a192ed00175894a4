/** What needs an operator's attention: plain data, put into words by whoever shows it. */
import type { Trouble } from "../probe/correlate.ts";

export type Attention =
  /** Rolled back by itself unless confirmed. */
  | { readonly what: "pending"; readonly number: number; readonly rollbackTo: number; readonly deadline: number }
  | { readonly what: "journal"; readonly state: string; readonly dropped: number }
  | { readonly what: "door-blocked"; readonly flow: string; readonly endpoint: string; readonly message: string }
  | { readonly what: "depot-down"; readonly depot: number; readonly since: number; readonly flows: number }
  | Extract<Trouble, { readonly what: "terminal-down" }>
  /** A temporary grant, within the hour. */
  | {
      readonly what: "grant-ends";
      readonly id: string;
      readonly source: string;
      readonly flows: number;
      readonly until: number;
    }
  /** By hand. */
  | {
      readonly what: "closed" | "draining";
      readonly flow: string;
      readonly by: string;
      readonly at: number;
      readonly reason?: string;
    }
  /** The inventory's file says something else than what runs. */
  | { readonly what: "file-differs" };
