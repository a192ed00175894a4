/** Whom the control socket's questions are put to. */
import type { Changes } from "../change/changes.ts";
import type { InventoryFile } from "../change/inventory-file.ts";
import type { Clock } from "../engine/engine.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Journal } from "../journal/journal.ts";
import type { TakeOverAnswer } from "./take-over.ts";

export interface Asked {
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly changes: Changes;
  readonly clock: Clock;
  /** The inventory's file, beside what is in force. */
  readonly file: Pick<InventoryFile, "differs">;
  /** Starts the program anew and hands over to it, within so many milliseconds. */
  readonly takeOver: (author: string, within: number) => Promise<TakeOverAnswer>;
}
