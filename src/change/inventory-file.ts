/**
 * The inventory's file beside what is in force: what it says by now is validated and announced; nothing is applied unless
 * that was asked for.
 */
import { EcluseError } from "../errors.ts";
import { isNoChange } from "../policy/compare.ts";
import type { PolicyChange } from "../policy/policy-change.ts";
import type { Changes } from "./changes.ts";
import { hashOf } from "./history-entry.ts";

export interface InventoryFileOptions {
  readonly changes: Pick<Changes, "plan" | "apply" | "entry">;
  /** `hashOf` what it said at the start; absent: it was not read. */
  readonly first?: string;
  /** Applies it whenever it has changed. */
  readonly watch: boolean;
  /** It waits to be applied. */
  readonly pending: (change: PolicyChange) => void;
  /** It cannot be applied. */
  readonly refused: (error: EcluseError) => void;
}

export class InventoryFile {
  readonly #options: InventoryFileOptions;
  #announced = "";
  /** `hashOf` what it said when it was last read, or of what is in force where that comes to the same. */
  #said: string | undefined;
  #reloading: Promise<void> | undefined;
  #reloadAgain: string | undefined;

  constructor(options: InventoryFileOptions) {
    this.#options = options;
    this.#said = options.first;
  }

  /** Whether it says something else than what runs, as far as it was read. */
  get differs(): boolean {
    return this.#said !== undefined && this.#said !== this.#options.changes.entry.hash;
  }

  /** It was applied just now: what is in force is what it says. */
  applied(): void {
    this.#said = this.#options.changes.entry.hash;
  }

  /** It has changed: looks what applying it would do. */
  async look(): Promise<void> {
    try {
      const { change, valid, files } = await this.#options.changes.plan();
      const changesNothing = valid && isNoChange(change);
      this.#said = changesNothing ? this.#options.changes.entry.hash : hashOf(files);
      const seen = JSON.stringify(files);
      if (seen === this.#announced || changesNothing) return;
      this.#announced = seen;
      if (valid && this.#options.watch) await this.reload("ecluse: the file changed");
      else if (valid) this.#options.pending(change);
      else this.#refused(new EcluseError("inventory-refused", "it has errors", { hint: "ecluse check" }));
    } catch (error) {
      this.#said = "";
      this.#refused(error);
    }
  }

  /**
   * Applies it; what stands in the way is told, and changes nothing. Requests that come meanwhile are one: after the last
   * of them, the file as it is then has been applied.
   */
  reload(author: string): Promise<void> {
    this.#reloadAgain = author;
    this.#reloading ??= this.#reloadAll().finally(() => (this.#reloading = undefined));
    return this.#reloading;
  }

  async #reloadAll(): Promise<void> {
    while (this.#reloadAgain !== undefined) {
      const author = this.#reloadAgain;
      this.#reloadAgain = undefined;
      await this.#options.changes.apply({ author }).catch((error: unknown) => this.#refused(error));
    }
  }

  #refused(error: unknown): void {
    if (!(error instanceof EcluseError)) throw error;
    this.#options.refused(error);
  }
}
