/** What the journal remembers of itself: single values, changed in the transaction of the rows they speak of. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export type StateName =
  /** When the file was begun. */
  | "begun"
  /** Which life of a journal writes, and "" after an end in order: after a crash the next one finds the name. */
  | "open"
  /** The last batch written: which life of a journal it belongs to, its number, and when it was sealed. */
  | "life"
  | "batch"
  | "batch-at"
  /** Rows in the large tables. */
  | "sessions"
  | "refusals"
  /** The chain: the last link deleted by retention, and the last one written. */
  | "anchor-seq"
  | "anchor-hash"
  | "head-seq"
  | "head-hash";

export class State {
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(database: DatabaseSync) {
    this.#get = database.prepare("SELECT value FROM state WHERE name = ?");
    this.#set = database.prepare("INSERT INTO state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  }

  number(name: StateName): number {
    return Number(this.#value(name) ?? 0);
  }

  text(name: StateName): string {
    return String(this.#value(name) ?? "");
  }

  has(name: StateName): boolean {
    return this.#value(name) !== undefined;
  }

  set(name: StateName, value: number | string): void {
    this.#set.run(name, value);
  }

  add(name: StateName, more: number): void {
    if (more !== 0) this.set(name, this.number(name) + more);
  }

  #value(name: StateName): string | number | undefined {
    return (this.#get.get(name) as { readonly value: string | number } | undefined)?.value;
  }
}
