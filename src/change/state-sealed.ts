/**
 * Records on disk that notice when they were damaged: a digest, a space, JSON, and a line's end.
 *
 * A digest of the content is no signature: it is against disks and editors, not against somebody who may write here.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { EcluseError } from "../errors.ts";
import { escapeControls } from "../inventory/quote.ts";
import { writeDurably } from "./durable.ts";

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** One line, without its end. */
export function seal(value: unknown): string {
  const json = JSON.stringify(value);
  return `${sha256(json)} ${json}`;
}

/** What was sealed, or `undefined` where the line is not exactly what was written. */
export function unseal(line: string): unknown {
  const json = line.slice(65);
  return line[64] === " " && sha256(json) === line.slice(0, 64) ? (JSON.parse(json) as unknown) : undefined;
}

export interface Sealed<T> {
  readonly path: string;
  /** What the file holds, for messages: `the temporary grants`. */
  readonly what: string;
  readonly empty: T;
}

/** The record in force; `empty` where none was ever written. Rejects with `inventory-unreadable` where it is damaged. */
export async function readSealed<T>({ path, what, empty }: Sealed<T>): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return empty;
    throw unreadable(what, path, (error as Error).message, error);
  }
  const value = text.endsWith("\n") ? unseal(text.slice(0, -1)) : undefined;
  if (value === undefined) throw unreadable(what, path, "the file is not what was written");
  const { format, record } = value as { readonly format: unknown; readonly record: T };
  if (format !== 1) throw unreadable(what, path, "another version of Ecluse wrote it");
  return record;
}

export async function writeSealed<T>({ path }: Pick<Sealed<T>, "path">, record: T): Promise<void> {
  await writeDurably(path, `${seal({ format: 1, record })}\n`);
}

function unreadable(what: string, path: string, why: string, cause?: unknown): EcluseError {
  const where = escapeControls(path);
  return new EcluseError("inventory-unreadable", `Cannot read ${what} in ${where}: ${why}`, {
    hint: `restore the file, or move it away to go on without ${what}`,
    cause,
  });
}

/**
 * One record in memory and on disk, changed by one writer at a time. What is in memory is what is on disk: a change that
 * could not be written did not happen.
 */
export class SealedRecord<T> {
  readonly #file: Sealed<T>;
  #value: T;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: Sealed<T>, value: T) {
    this.#file = file;
    this.#value = value;
  }

  static async open<T>(file: Sealed<T>): Promise<SealedRecord<T>> {
    return new SealedRecord(file, await readSealed(file));
  }

  get value(): T {
    return this.#value;
  }

  /** Resolves with the new value once it is durable; what `change` throws is thrown, and changes nothing. */
  update(change: (value: T) => T): Promise<T> {
    const done = this.#writing.then(async () => {
      const next = change(this.#value);
      if (next !== this.#value) await writeSealed(this.#file, next);
      this.#value = next;
      return next;
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
