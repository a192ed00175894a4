/**
 * The rules in the kernel: loaded whole, changed by what differs, and read for whom they refused.
 *
 * Where a change is not taken, the whole table is loaded anew; where that is not taken either, no door is left in it, or
 * there is no table at all: without it no public endpoint leads anywhere. Nothing is open that the last policy told does not
 * open.
 */
import { EcluseError } from "../../../errors.ts";
import type { SetChange } from "../../../netfilter/netlink/set-change-message.ts";
import type { SetElement } from "../../../netfilter/netlink/set-message.ts";
import type { Sets } from "../../../netfilter/netlink/sets.ts";
import type { Nft, NftObject } from "../../../netfilter/nft.ts";
import type { KernelSettings } from "../settings.ts";
import { type Reading, Standing } from "./standing.ts";
import { TABLE, type Table } from "./table.ts";
import { type TableChange, scriptOf, setChange, tableChange } from "./table-change.ts";
import { enteredRules } from "./table-limits.ts";
import type { TableMark } from "./table-mark.ts";
import { NO_TABLE } from "./table-difference.ts";
import { tableReplacement } from "./table-replacement.ts";
import { Taken } from "./taken.ts";

/** `list table ip ecluse`. */
const PLACE = TABLE.split(" ");
const NAME = PLACE.at(-1) ?? "";

/** Longest listing, in milliseconds: nft begins anew with each change of anybody's rules that falls into it. */
const LONGEST_LISTING = 30_000;

/** Once it may have been somebody's hand in the very moment; then it is an nft that prints what this cannot read. */
const UNREADABLE = 2;

export interface Told {
  /** Everything was made anew: all counts begin at nothing. */
  readonly isWhole: boolean;
  /** It was listed since, and is as it was told. */
  readonly isAsTold?: boolean;
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
  /** Called when everything has been made anew: what was counted is gone. */
  readonly replaced?: () => void;
}

export class Rules {
  readonly taken: Taken;
  readonly #nft: Nft;
  readonly #sets: RulesOptions["sets"];
  readonly #settings: KernelSettings;
  readonly #mark: TableMark | undefined;
  readonly #replaced: () => void;
  readonly #standing = new Standing();
  /** How many times in a row the table was not as told right after it was loaded. */
  #unread = 0;
  /** What the kernel holds; absent: that is not known. */
  #loaded: Table | undefined;
  /** How many times something was told, and whether that is going on: what was looked at meanwhile says nothing. */
  #tells = 0;
  #isTelling = false;
  /** How many times the sets were made anew, and began to be. */
  #made = 0;
  #isMaking = false;
  #listing: Promise<unknown> | undefined;
  readonly #stop = new AbortController();

  constructor({ nft, sets, settings, mark, replaced = () => undefined }: RulesOptions) {
    this.#nft = nft;
    this.#sets = sets;
    this.#settings = settings;
    this.#mark = mark;
    this.#replaced = replaced;
    this.taken = new Taken({
      unlisted: () => this.#listing ?? Promise.resolve(),
      tell: (changes) => this.#tellSets(changes),
      script: (change) => this.#changed(scriptOf(change)),
    });
  }

  /** All that `tell` does before it tells. */
  rehearse(table: Table): void {
    if (this.#loaded !== undefined) scriptOrSets(tableChange(this.#loaded, table));
  }

  /** One table after another. */
  async tell(table: Table): Promise<Told> {
    if (table === this.#loaded) return { isWhole: false };
    this.#tells += 1;
    this.#isTelling = true;
    try {
      return await this.#tell(table);
    } finally {
      this.#isTelling = false;
    }
  }

  async #tell(table: Table): Promise<Told> {
    const before = this.#loaded;
    const notTaken = before && (await this.#change(tableChange(before, table)));
    if (before !== undefined && notTaken === undefined) {
      this.#loaded = table;
      if (enteredRules(before.limits) !== enteredRules(table.limits)) this.#standing.renewed("entered");
      return { isWhole: false };
    }
    this.#loaded = undefined;
    this.#standing.restart();
    const stood = this.#mark?.isThere() === true;
    this.#mark?.put();
    const failure = await this.#replace(table);
    let isAsTold = false;
    if (failure === undefined) {
      this.#loaded = table;
      // At once: what rules look like now is what they are compared with.
      const reading = await this.#list(table);
      isAsTold = reading?.difference().length === 0;
      this.#unread = isAsTold || reading === undefined ? 0 : this.#unread + 1;
    } else {
      if (!stood) this.#mark?.remove();
      await this.#shut();
    }
    // Taken whole, and yet not as a change: it was of another table than the one that stood.
    const found = failure === undefined && notTaken !== undefined ? [notTaken.message] : [];
    return { isWhole: true, isAsTold, failure, found };
  }

  async #replace(table: Table): Promise<EcluseError | undefined> {
    const standing = await this.#nft.outline("table", ...PLACE).catch(() => []);
    this.#made += 1;
    this.#isMaking = true;
    try {
      const failure = await this.#changed(tableReplacement(standing, table, this.#settings));
      if (failure === undefined) this.#replaced();
      return failure;
    } finally {
      this.#isMaking = false;
    }
  }

  /** Nobody new; those inside go on, if there is a way. */
  async #shut(): Promise<void> {
    if ((await this.#changed(`flush map ${TABLE} doors\n`)) !== undefined) await this.remove();
  }

  /** Nothing will be read any more, and what is told is told by nft. */
  close(): void {
    this.#stop.abort();
    this.#sets.close();
  }

  /** Leaves nothing behind. Sessions end with it: with the last table that translates, the kernel ceases to. */
  async remove(): Promise<void> {
    this.#tells += 1;
    this.#loaded = undefined;
    // Made first, for nft 1.0.6 complains of a table that is not there.
    if ((await this.#changed(`add table ${TABLE}\ndelete table ${TABLE}\n`)) === undefined) this.#mark?.remove();
  }

  /**
   * A set as it is now; absent: there is none, so somebody has removed our table. Rejects where it cannot be read, or is not
   * known to be of the table before or of the one that takes its place.
   */
  async read(set: string): Promise<readonly SetElement[] | undefined> {
    const made = this.#made;
    if (this.#isMaking || this.#stop.signal.aborted) throw unread(set);
    const elements = await this.#sets.read(NAME, set);
    if (this.#made !== made) throw unread(set);
    return elements;
  }

  /** Looks whether our table still stands: the smallest of its sets says so; where that cannot be read, all that is listed. */
  async look(): Promise<readonly string[]> {
    const [tells, isUnsure] = [this.#tells, this.#isTelling];
    const stands = await this.read("taken").then(
      (elements) => elements !== undefined,
      () => "unknown" as const,
    );
    if (stands === "unknown") return this.compare();
    if (stands || isUnsure || this.#tells !== tells || this.#loaded === undefined) return [];
    this.#loaded = undefined;
    return [NO_TABLE];
  }

  /** Every chain of the host, without its rules. */
  async chains(): Promise<readonly NftObject[]> {
    return this.#nft.outline("chains").catch(() => []);
  }

  /**
   * Looks whether the kernel still holds what it was last told; where it does not, says what is otherwise, and the next table
   * told is loaded whole. What is told meanwhile does not wait for it; nothing is said then.
   */
  async compare(): Promise<readonly string[]> {
    const tells = this.#tells;
    if (this.#loaded === undefined || this.#isTelling || this.#unread >= UNREADABLE) return [];
    const reading = await this.#list(this.#loaded);
    if (reading === undefined || this.#tells !== tells) return [];
    const found = reading.difference();
    if (found.length > 0) this.#loaded = undefined;
    return found;
  }

  /** Absent: it did not come to its end in time. */
  async #list(table: Table): Promise<Pick<Reading, "difference"> | undefined> {
    if (this.#stop.signal.aborted) return undefined;
    const reading = this.#standing.read(table);
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(LONGEST_LISTING)]);
    const listing = this.#nft.read({ line: reading.line, signal }, "table", ...PLACE).then(
      () => reading,
      () => (signal.aborted ? undefined : { difference: () => [NO_TABLE] }),
    );
    this.#listing = listing;
    try {
      return await listing;
    } finally {
      this.#listing = undefined;
    }
  }

  /** Elements that the kernel does not take are told to nft, which says why. */
  async #change(change: TableChange): Promise<EcluseError | undefined> {
    const told = scriptOrSets(change);
    if (typeof told === "string") return this.#changed(told);
    const isTold = await this.#tellSets(told).then(
      (refusal) => refusal === undefined,
      () => false,
    );
    return isTold ? undefined : this.#changed(scriptOf(change));
  }

  async #tellSets(changes: readonly SetChange[]): Promise<string | undefined> {
    if (this.#stop.signal.aborted) throw new Error("closed");
    return this.#sets.change(NAME, changes);
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

/** Rules need nft. Elements alone are told to the kernel itself, in a tenth of the time. */
function scriptOrSets(change: TableChange): string | readonly SetChange[] {
  const { made, elements, gone } = change;
  const isElements = made === "" && gone === "" && elements.length > 0;
  return isElements ? elements.map(setChange) : scriptOf(change);
}

function unread(set: string): EcluseError {
  const message = `Cannot read the kernel's set ${set}: the table is being made anew, or taken away`;
  return new EcluseError("packet-filter", message, { hint: "it is read again soon" });
}
