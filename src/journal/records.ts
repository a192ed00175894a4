/**
 * What a gateway keeps of what happens, whether or not this process has the journal just now: rows that come while
 * another process of the gateway has it wait until this one does.
 */
import type { SessionRecord } from "../engine/records.ts";
import type { TalliedRefusal } from "../observe/refusals.ts";
import { Journal, type JournalOptions } from "./journal.ts";
import type { ChangeEntry } from "./rows.ts";

/** How long the journal may take for its last rows, in milliseconds. */
const LAST_ROWS = 2_000;

export class Records {
  readonly #options: JournalOptions;
  #journal: Journal | undefined;
  #isOpen = false;
  #waiting: ((journal: Journal) => void)[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** The one that is open, or was last. */
  get journal(): Journal {
    if (this.#journal === undefined) throw new TypeError("the journal was never opened");
    return this.#journal;
  }

  open(): void {
    const journal = new Journal(this.#options);
    this.#journal = journal;
    this.#isOpen = true;
    for (const keep of this.#waiting) keep(journal);
    this.#waiting = [];
  }

  session(record: SessionRecord): void {
    this.#keep((journal) => journal.session(record));
  }

  refused(rows: readonly TalliedRefusal[], at: number): void {
    this.#keep((journal) => journal.refused(rows, at));
  }

  changed(entry: ChangeEntry): void {
    this.#keep((journal) => journal.changed(entry));
  }

  /** Writes what there is, and lets go of the file; may be opened again. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#journal?.close(LAST_ROWS);
  }

  #keep(row: (journal: Journal) => void): void {
    if (this.#isOpen && this.#journal !== undefined) row(this.#journal);
    else this.#waiting.push(row);
  }
}
