/**
 * The applied inventories, in order. The last one is in force: it is what runs, and what runs again after a restart.
 *
 * Promises that an entry is there whole or not at all, that one that was damaged since is named and never half-read nor
 * passed over, and that going back is a new entry with an old content: numbers only grow. Keeps the last 200.
 */
import { type FileHandle, open, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { EcluseError } from "../errors.ts";
import { escapeControls } from "../inventory/quote.ts";
import { removeDurably, writeDurably } from "./durable.ts";
import { type Confirmable, type Since, confirmationAfter, confirmed, rollbackDue } from "./history-confirm.ts";
import {
  type AppliedFile,
  type Entry,
  type EntryHead,
  formatEntry,
  hashOf,
  parseEntry,
  parseHead,
} from "./history-entry.ts";

const MOST_ENTRIES = 200;
/** A head is a few hundred bytes; author and note are cut. */
const LONGEST_HEAD = 16_384;
const LONGEST_AUTHOR = 80;
const LONGEST_NOTE = 200;
const NAME = /^(\d{6,15})\.applied$/;

export interface Application {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly author: string;
  readonly note?: string;
  /** The main file first, exactly as they were read. */
  readonly files: readonly AppliedFile[];
  /** Taken back unless confirmed within so many milliseconds. */
  readonly confirmWithin?: number;
}

export type ListedEntry = EntryHead | DamagedEntry;

export interface DamagedEntry {
  readonly number: number;
  /** What is wrong with it. */
  readonly damaged: string;
}

export class History {
  readonly #folder: string;
  #numbers: readonly number[];
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, numbers: readonly number[]) {
    this.#folder = folder;
    this.#numbers = numbers;
  }

  /** Opens the history of a state directory that this process holds. */
  static async open(state: string): Promise<History> {
    const folder = join(state, "history");
    const numbers = (await readdir(folder)).flatMap((name) => {
      const [, digits] = NAME.exec(name) ?? [];
      return digits === undefined ? [] : [Number(digits)];
    });
    return new History(
      folder,
      numbers.sort((a, b) => a - b),
    );
  }

  /** Writes an entry, which is in force from then on. Resolves once it would survive a power cut. */
  append(application: Application): Promise<Entry> {
    return this.#next(() => this.#append(application));
  }

  /** The entry in force. Rejects with `inventory-unreadable` where it is damaged; the hint offers the one before. */
  async last(): Promise<Entry | undefined> {
    const number = this.#numbers.at(-1);
    return number === undefined ? undefined : this.get(number);
  }

  async get(number: number): Promise<Entry> {
    if (!this.#numbers.includes(number)) {
      const kept = `${this.#numbers[0] ?? "none"} to ${this.#numbers.at(-1) ?? "none"}`;
      throw new EcluseError("usage", `Cannot find applied inventory ${number}`, { hint: `the history has ${kept}` });
    }
    const text = await readFile(this.#path(number), "utf8").catch((error: unknown) => this.#damaged(number, error));
    return parseEntry(text, number) ?? this.#damaged(number);
  }

  /** Oldest first, without their files; a damaged head stands in its place. */
  async list(): Promise<readonly ListedEntry[]> {
    const list: ListedEntry[] = [];
    for (const number of this.#numbers) list.push(await this.#head(number));
    return list;
  }

  /** Confirms the entry in force, or throws `usage`. `number`: only if it is that one. */
  confirm(at: number, number?: number): Promise<Entry> {
    return this.#next(async () => {
      const entry = confirmed(await this.last(), number, at);
      await writeDurably(this.#path(entry.number), formatEntry(entry));
      return entry;
    });
  }

  /** Puts an old content in force again, as a new entry. */
  rollback(number: number, by: Pick<Application, "at" | "author" | "note" | "confirmWithin">): Promise<Entry> {
    return this.#next(() => this.#rollback(number, by));
  }

  /**
   * Goes back where the entry in force waits for a confirmation that has not come. Resolves with the entry now in force
   * and what it took the place of, or `undefined` where nothing was due.
   */
  rollbackIfDue(
    since: Since,
    by: Pick<Application, "at" | "author">,
  ): Promise<{ readonly entry: Entry; readonly insteadOf: number } | undefined> {
    return this.#next(async () => {
      const last = await this.last();
      const target = last === undefined ? undefined : rollbackDue(last, since);
      if (last === undefined || target === undefined) return undefined;
      const note = `${last.number} was not confirmed: back to ${target}`;
      return { entry: await this.#rollback(target, { ...by, note }), insteadOf: last.number };
    });
  }

  async #rollback(number: number, by: Omit<Application, "files">): Promise<Entry> {
    const { files } = await this.get(number);
    return this.#append({ note: `back to ${number}`, ...by, files });
  }

  async #append({ at, author, note, files, confirmWithin }: Application): Promise<Entry> {
    if (files.length === 0) throw new TypeError("an inventory has at least one file");
    const previous = this.#numbers.at(-1);
    const confirm =
      confirmWithin === undefined ? undefined : confirmationAfter(await this.#inForce(), { at, within: confirmWithin });
    const entry: Entry = {
      number: (previous ?? 0) + 1,
      at,
      author: cut(author, LONGEST_AUTHOR),
      ...(note === undefined ? {} : { note: cut(note, LONGEST_NOTE) }),
      hash: hashOf(files),
      ...(confirm === undefined ? {} : { confirm }),
      files,
    };
    await writeDurably(this.#path(entry.number), formatEntry(entry));
    this.#numbers = [...this.#numbers, entry.number];
    await this.#forgetOldest(entry);
    return entry;
  }

  async #inForce(): Promise<Confirmable | undefined> {
    const number = this.#numbers.at(-1);
    if (number === undefined) return undefined;
    const head = await this.#head(number);
    return "damaged" in head ? this.#damaged(number) : head;
  }

  /** Never the one in force, nor the one it may still go back to. */
  async #forgetOldest({ confirm }: Entry): Promise<void> {
    const old = this.#numbers.slice(0, -MOST_ENTRIES).filter((number) => number !== confirm?.rollbackTo);
    for (const number of old) {
      // The entry is in force already: a leftover of the past is no reason to say that it is not.
      const removed = await removeDurably(this.#path(number)).then(
        () => true,
        () => false,
      );
      if (removed) this.#numbers = this.#numbers.filter((each) => each !== number);
    }
  }

  async #head(number: number): Promise<ListedEntry> {
    try {
      await using file = await open(this.#path(number));
      return parseHead(await firstLine(file), number) ?? { number, damaged: "its head is not what was written" };
    } catch (error) {
      return { number, damaged: (error as Error).message };
    }
  }

  #damaged(number: number, cause?: unknown): never {
    const why = cause instanceof Error ? cause.message : "it is not what was written";
    const message = `Cannot read applied inventory ${number} in ${escapeControls(this.#path(number))}: ${why}`;
    const before = this.#numbers.findLast((each) => each < number);
    const hint =
      before === undefined ? "apply the inventory again" : `apply it again, or go back: ecluse rollback ${before}`;
    throw new EcluseError("inventory-unreadable", message, { hint, cause });
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(6, "0")}.applied`);
  }

  /** One change after another: each sees the entry in force that the one before left. */
  #next<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => undefined);
    return done;
  }
}

async function firstLine(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEAD), 0, LONGEST_HEAD, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(10);
  return buffer.toString("utf8", 0, Math.max(end, 0));
}

function cut(text: string, longest: number): string {
  return escapeControls(Array.from(text).slice(0, longest).join(""));
}
