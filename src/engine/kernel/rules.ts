/**
 * The rules in the kernel: loaded whole, changed by what differs, and read for whom they refused.
 *
 * Where a change is not taken, the whole table is loaded anew; where that is not taken either, there is none: without it no
 * public endpoint leads anywhere. Nothing is open that the last policy told does not open.
 */
import { EcluseError } from "../../errors.ts";
import type { Nft, NftObject } from "../../netfilter/nft.ts";
import type { KernelSettings } from "./settings.ts";
import { TABLE, type Table } from "./table.ts";
import { tableChange } from "./table-change.ts";
import { tableReplacement } from "./table-replacement.ts";

/** `list set ip ecluse NAME`. */
const PLACE = TABLE.split(" ");

/** A probe holds a terminal's place no longer than this, should nobody come back to give it up. */
const LONGEST_HOLD = "60s";

export class Rules {
  readonly #nft: Nft;
  readonly #settings: KernelSettings;
  /** What the kernel holds; absent: that is not known. */
  #loaded: Table | undefined;

  constructor(nft: Nft, settings: KernelSettings) {
    this.#nft = nft;
    this.#settings = settings;
  }

  get isLoaded(): boolean {
    return this.#loaded !== undefined;
  }

  /** Resolves with why the kernel does not take it, in which case nothing is open; or with nothing. */
  async tell(table: Table): Promise<EcluseError | undefined> {
    const before = this.#loaded;
    if (before !== undefined && (await this.#changed(tableChange(before, table))) === undefined) {
      this.#loaded = table;
      return undefined;
    }
    this.#loaded = undefined;
    const standing = await this.#nft.outline("table", ...PLACE).catch(() => []);
    const failure = await this.#changed(tableReplacement(standing, table, this.#settings));
    if (failure === undefined) this.#loaded = table;
    else await this.remove();
    return failure;
  }

  /** Leaves nothing behind. Sessions go on: their translation is conntrack's. */
  async remove(): Promise<void> {
    this.#loaded = undefined;
    // Made first, for nft 1.0.6 complains of a table that is not there.
    await this.#changed(`add table ${TABLE}\ndelete table ${TABLE}\n`);
  }

  /** Lets nobody new to a terminal, whatever the count says. `terminal`: as in the table, `172.17.1.10 . 8888`. */
  async hold(terminal: string): Promise<void> {
    await this.#changed(`add element ${TABLE} taken { ${terminal} timeout ${LONGEST_HOLD} }\n`);
  }

  async release(terminal: string): Promise<void> {
    await this.#changed(`delete element ${TABLE} taken { ${terminal} }\n`);
  }

  /** A set as it is now; absent: there is none, so somebody has removed our table, or cannot be read. */
  async read(set: string): Promise<readonly NftObject[] | undefined> {
    return this.#nft.list("set", ...PLACE, set).catch(() => undefined);
  }

  /** The rules are no longer what they were: the next table told is loaded whole. */
  forget(): void {
    this.#loaded = undefined;
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
