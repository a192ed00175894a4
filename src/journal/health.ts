/** How the journal is doing, for whoever watches the gateway: data, never thrown. */
import type { Counts } from "./backlog.ts";
import type { FileState } from "./messages.ts";

export interface JournalHealth {
  /** `opening`: nothing written or failed yet. */
  readonly state: "opening" | "writing" | "failing" | "closed";
  /** Rows that wait to be written. */
  readonly waiting: Counts;
  /** Rows lost since this journal was opened. */
  readonly dropped: Counts;
  /** The last trouble, also when it is over. */
  readonly lastError?: { readonly at: number; readonly message: string };
  /** When the present trouble began. */
  readonly failingSince?: number;
  /** When something was written last. */
  readonly lastWritten?: number;
  /** Files set aside since this journal was opened: damaged, or a newer version's. */
  readonly setAside: readonly string[];
  /** How often the thread died. */
  readonly crashes: number;
  readonly file: string;
  /** Absent until the file was opened. */
  readonly stored?: FileState;
}

/** What is known without looking at the rows that wait. */
export type Condition = Omit<JournalHealth, "waiting" | "dropped">;

export interface HealthOptions {
  readonly file: string;
  readonly wall: () => number;
  /** Called when trouble begins or ends, or a file is set aside. */
  readonly changed: () => void;
}

export class Health {
  readonly #options: HealthOptions;
  #condition: Condition;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#condition = { state: "opening", setAside: [], crashes: 0, file: options.file };
  }

  get condition(): Condition {
    return this.#condition;
  }

  get isClosed(): boolean {
    return this.#condition.state === "closed";
  }

  written(stored: FileState): void {
    this.#condition = { ...this.#condition, stored, lastWritten: this.#options.wall() };
    this.recovered(stored);
  }

  /** The file was looked after without trouble. */
  recovered(stored: FileState | undefined): void {
    const { failingSince, ...rest } = this.#condition;
    const state = this.isClosed ? "closed" : "writing";
    this.#condition = { ...rest, state, ...(stored === undefined ? {} : { stored }) };
    if (failingSince !== undefined) this.#options.changed();
  }

  troubled(message: string): void {
    const at = this.#options.wall();
    const { failingSince } = this.#condition;
    this.#condition = {
      ...this.#condition,
      state: this.isClosed ? "closed" : "failing",
      lastError: { at, message },
      failingSince: failingSince ?? at,
    };
    if (failingSince === undefined) this.#options.changed();
  }

  setAside(file: string, why: string): void {
    this.#condition = { ...this.#condition, setAside: [...this.#condition.setAside, file] };
    this.troubled(`set aside: ${file}: ${why}`);
  }

  crashed(message: string): void {
    this.#condition = { ...this.#condition, crashes: this.#condition.crashes + 1 };
    this.troubled(message);
  }

  closed(): void {
    this.#condition = { ...this.#condition, state: "closed" };
  }
}
