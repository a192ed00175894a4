/**
 * The rules in the kernel: loaded whole, changed by what differs, and read for whom they refused.
 *
 * Where a change is not taken, the whole table is loaded anew; where that is not taken either, no door is left in it, or
 * there is no table at all: without it no public endpoint leads anywhere. Nothing is open that the last policy told does not
 * open.
 */
import { EcluseError } from "../../../errors.ts";
import type { Endpoint } from "../../../inventory/model.ts";
import type { SetChange } from "../../../netfilter/netlink/set-change-message.ts";
import type { SetElement } from "../../../netfilter/netlink/set-message.ts";
import type { Sets } from "../../../netfilter/netlink/sets.ts";
import type { Nft, NftObject } from "../../../netfilter/nft.ts";
import type { KernelSettings } from "../settings.ts";
import { Standing } from "./standing.ts";
import { TABLE, type Table } from "./table.ts";
import { type ElementsChange, NO_CHANGE, type TableChange, scriptOf, tableChange } from "./table-change.ts";
import { keyOf, newElement } from "./table-element.ts";
import { enteredRules } from "./table-limits.ts";
import type { TableMark } from "./table-mark.ts";
import { NO_TABLE } from "./table-difference.ts";
import { tableReplacement } from "./table-replacement.ts";

/** `list table ip ecluse`. */
const PLACE = TABLE.split(" ");
const NAME = PLACE.at(-1) ?? "";

/** In seconds. */
const LONGEST_VISIT = 60;

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

export interface RulesOptions {
  readonly nft: Nft;
  readonly sets: Pick<Sets, "read" | "change" | "close">;
  readonly settings: KernelSettings;
  readonly mark?: TableMark | undefined;
}

export class Rules {
  readonly #nft: Nft;
  readonly #sets: RulesOptions["sets"];
  readonly #settings: KernelSettings;
  readonly #mark: TableMark | undefined;
  readonly #standing = new Standing();
  /** How many times in a row the table was not as told right after it was loaded. */
  #unread = 0;
  #isClosed = false;
  /** What the kernel holds; absent: that is not known. */
  #loaded: Table | undefined;

  constructor({ nft, sets, settings, mark }: RulesOptions) {
    this.#nft = nft;
    this.#sets = sets;
    this.#settings = settings;
    this.#mark = mark;
  }

  async tell(table: Table): Promise<Told> {
    const before = this.#loaded;
    const notTaken = before && (await this.#change(tableChange(before, table)));
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

  /** Nothing will be read any more, and little told. */
  close(): void {
    this.#isClosed = true;
    this.#sets.close();
  }

  /** Leaves nothing behind. Sessions end with it: with the last table that translates, the kernel ceases to. */
  async remove(): Promise<void> {
    this.#loaded = undefined;
    // Made first, for nft 1.0.6 complains of a table that is not there.
    if ((await this.#changed(`add table ${TABLE}\ndelete table ${TABLE}\n`)) === undefined) this.#mark?.remove();
  }

  /** Lets nobody new to a terminal, whatever the count says. */
  async hold(terminal: Endpoint): Promise<void> {
    await this.#changeTaken({ added: [{ at: terminal }] });
  }

  /** The same for a visit, which ends by itself should nobody come back to end it. */
  async visit(terminal: Endpoint): Promise<void> {
    await this.#changeTaken({ added: [{ at: terminal, timeout: LONGEST_VISIT }] });
  }

  async release(terminal: Endpoint): Promise<void> {
    await this.#changeTaken({ gone: [terminal] });
  }

  async #changeTaken({ gone = [], added = [] }: Partial<ElementsChange>): Promise<void> {
    await this.#change({ ...NO_CHANGE, elements: [{ set: "taken", gone, added }] });
  }

  /** A set as it is now; absent: there is none, so somebody has removed our table. Rejects where it cannot be read. */
  read(set: string): Promise<readonly SetElement[] | undefined> {
    return this.#sets.read(NAME, set);
  }

  /** Looks whether our table still stands: the smallest of its sets says so; where that cannot be read, all that is listed. */
  async look(): Promise<readonly string[]> {
    const loaded = this.#loaded;
    const stands = await this.read("taken").then(
      (elements) => elements !== undefined,
      () => "unknown" as const,
    );
    if (stands === "unknown") return this.compare();
    if (stands || loaded === undefined || this.#loaded !== loaded) return [];
    this.#loaded = undefined;
    return [NO_TABLE];
  }

  /** Every chain of the host, without its rules. */
  async chains(): Promise<readonly NftObject[]> {
    return this.#nft.outline("chains").catch(() => []);
  }

  /**
   * Looks whether the kernel still holds what it was last told; where it does not, says what is otherwise, and the next table
   * told is loaded whole. What is told meanwhile does not wait for it; nothing can be said then.
   */
  async compare(): Promise<readonly string[]> {
    const loaded = this.#loaded;
    if (loaded === undefined || this.#unread >= UNREADABLE) return [];
    const found = await this.#difference(loaded);
    if (this.#loaded !== loaded) return [];
    if (found.length > 0) this.#loaded = undefined;
    return found;
  }

  async #difference(table: Table): Promise<readonly string[]> {
    const reading = this.#standing.read(table);
    return this.#nft.read(reading.line, "table", ...PLACE).then(
      () => (this.#loaded === table ? reading.difference() : []),
      () => [NO_TABLE],
    );
  }

  /** Rules need nft. Elements alone are told to the kernel itself, in a tenth of the time; and to nft where that fails. */
  async #change(change: TableChange): Promise<EcluseError | undefined> {
    const { made, elements, gone } = change;
    if (made === "" && gone === "" && elements.length > 0 && !this.#isClosed) {
      const told = await this.#sets.change(NAME, elements.map(setChange)).then(
        () => true,
        () => false,
      );
      if (told) return undefined;
    }
    return this.#changed(scriptOf(change));
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

/** As the kernel is told it. */
export function setChange({ set, gone, added }: ElementsChange): SetChange {
  return { set, gone: gone.map(keyOf), added: added.map(newElement) };
}
