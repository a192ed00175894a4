/**
 * The rules in the kernel: loaded whole, changed by what differs, and read for whom they refused.
 *
 * Where a change is not taken, the whole table is loaded anew; where that is not taken either, no door is left in it, or
 * there is no table at all: without it no public endpoint leads anywhere. Nothing is open that the last policy told does not
 * open.
 */
import { EcluseError } from "../../../errors.ts";
import type { Nft, NftObject } from "../../../netfilter/nft.ts";
import type { KernelSettings } from "../settings.ts";
import { Standing } from "./standing.ts";
import { TABLE, type Table } from "./table.ts";
import { tableChange } from "./table-change.ts";
import { enteredRules } from "./table-limits.ts";
import type { TableMark } from "./table-mark.ts";
import { NO_TABLE } from "./table-difference.ts";
import { tableReplacement } from "./table-replacement.ts";

/** `list set ip ecluse NAME`. */
const PLACE = TABLE.split(" ");

const LONGEST_VISIT = "60s";

/** Once it may have been somebody's hand in the very moment; then it is an nft that prints what this cannot read. */
const UNREADABLE = 2;

export interface Told {
  /** Everything was made anew: all counts begin at nothing. */
  readonly isWhole: boolean;
  /** Why the kernel does not take it: nothing is open then. */
  readonly failure?: EcluseError | undefined;
  /** Why it was made anew, in words, where it was not as it had been told. */
  readonly found?: readonly string[];
}

export class Rules {
  readonly #nft: Nft;
  readonly #settings: KernelSettings;
  readonly #mark: TableMark | undefined;
  readonly #standing = new Standing();
  /** How many times in a row the table was not as told right after it was loaded. */
  #unread = 0;
  /** What the kernel holds; absent: that is not known. */
  #loaded: Table | undefined;

  constructor(nft: Nft, settings: KernelSettings, mark?: TableMark) {
    this.#nft = nft;
    this.#settings = settings;
    this.#mark = mark;
  }

  async tell(table: Table): Promise<Told> {
    const before = this.#loaded;
    const notTaken = before && (await this.#changed(tableChange(before, table)));
    if (before !== undefined && notTaken === undefined) {
      this.#loaded = table;
      if (enteredRules(before.limits) !== enteredRules(table.limits)) this.#standing.renewed("entered");
      return { isWhole: false };
    }
    this.#loaded = undefined;
    this.#standing.restart();
    const standing = await this.#nft.outline("table", ...PLACE).catch(() => []);
    const stood = this.#mark?.isThere() === true;
    this.#mark?.put();
    const failure = await this.#changed(tableReplacement(standing, table, this.#settings));
    if (failure === undefined) {
      this.#loaded = table;
      // At once: what rules look like now is what they are compared with.
      this.#unread = (await this.#difference(table)).length === 0 ? 0 : this.#unread + 1;
    } else {
      if (!stood) this.#mark?.remove();
      await this.#shut();
    }
    // Taken whole, and yet not as a change: it was of another table than the one that stood.
    const found = failure === undefined && notTaken !== undefined ? [notTaken.message] : [];
    return { isWhole: true, failure, found };
  }

  /** Nobody new; those inside go on, if there is a way. */
  async #shut(): Promise<void> {
    if ((await this.#changed(`flush map ${TABLE} doors\n`)) !== undefined) await this.remove();
  }

  /** No change will be told any more. */
  close(): void {
    this.#nft.close();
  }

  /** Leaves nothing behind. Sessions end with it: with the last table that translates, the kernel ceases to. */
  async remove(): Promise<void> {
    this.#loaded = undefined;
    // Made first, for nft 1.0.6 complains of a table that is not there.
    if ((await this.#changed(`add table ${TABLE}\ndelete table ${TABLE}\n`)) === undefined) this.#mark?.remove();
  }

  /** Lets nobody new to a terminal, whatever the count says. `terminal`: as in the table, `172.17.1.10 . 8888`. */
  async hold(terminal: string): Promise<void> {
    await this.#changed(`add element ${TABLE} taken { ${terminal} }\n`);
  }

  /** The same for a visit, which ends by itself should nobody come back to end it. */
  async visit(terminal: string): Promise<void> {
    await this.#changed(`add element ${TABLE} taken { ${terminal} timeout ${LONGEST_VISIT} }\n`);
  }

  async release(terminal: string): Promise<void> {
    await this.#changed(`delete element ${TABLE} taken { ${terminal} }\n`);
  }

  /** A set as it is now; absent: there is none, so somebody has removed our table, or cannot be read. */
  async read(set: string): Promise<readonly NftObject[] | undefined> {
    return this.#nft.list("set", ...PLACE, set).catch(() => undefined);
  }

  /** Whether there is a table of ours: the smallest of its sets says so. */
  async stand(): Promise<boolean> {
    return (await this.read("taken")) !== undefined;
  }

  /** Every chain of the host, without its rules. */
  async chains(): Promise<readonly NftObject[]> {
    return this.#nft.outline("chains").catch(() => []);
  }

  /**
   * Looks whether the kernel still holds what it was last told; where it does not, says what is otherwise, and the next table
   * told is loaded whole.
   */
  async compare(): Promise<readonly string[]> {
    if (this.#loaded === undefined || this.#unread >= UNREADABLE) return [];
    const found = await this.#difference(this.#loaded);
    if (found.length > 0) this.forget();
    return found;
  }

  async #difference(table: Table): Promise<readonly string[]> {
    const reading = this.#standing.read(table);
    return this.#nft.read(reading.line, "table", ...PLACE).then(
      () => reading.difference(),
      () => [NO_TABLE],
    );
  }

  /** The rules are no longer what they were: the next table told is loaded whole. Returns what they were held to be. */
  forget(): Table | undefined {
    const before = this.#loaded;
    this.#loaded = undefined;
    return before;
  }

  async #changed(script: string): Promise<EcluseError | undefined> {
    if (script === "") return undefined;
    try {
      await this.#nft.apply(script);
      return undefined;
    } catch (error) {
      if (error instanceof EcluseError) return error;
      throw error;
    }
  }
}
