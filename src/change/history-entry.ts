/**
 * One applied inventory as it stands on disk: a sealed head on the first line, its files on the second.
 *
 * The head can be listed without the files; the files are believed only where their digest is the head's.
 */
import { dirname, relative } from "node:path";
import type { Confirmation } from "./history-confirm.ts";
import { seal, sha256, unseal } from "./state-sealed.ts";

export interface AppliedFile {
  readonly file: string;
  readonly text: string;
}

export interface EntryHead {
  /** 1, 2, ...: never given twice. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly author: string;
  readonly note?: string;
  /** `hashOf` its files. */
  readonly hash: string;
  readonly confirm?: Confirmation;
}

export interface Entry extends EntryHead {
  /** The main file first, as it was read. */
  readonly files: readonly AppliedFile[];
}

/** SHA-256 of what the files say. Names count from the main file's folder: the same inventory elsewhere is the same. */
export function hashOf(files: readonly AppliedFile[]): string {
  const folder = dirname(files[0]?.file ?? "");
  const named = files.map(({ file, text }, index) => [index === 0 ? "" : relative(folder, file), text]);
  return sha256(JSON.stringify(named));
}

export function formatEntry({ files, ...head }: Entry): string {
  const body = JSON.stringify(files);
  return `${seal({ format: 1, head, body: sha256(body) })}\n${body}\n`;
}

/** The head from an entry's first line; `undefined`: damaged, or of another version. */
export function parseHead(line: string, number: number): EntryHead | undefined {
  return parseFirst(line, number)?.head;
}

/** The whole entry; `undefined`: a part of it is not what was written. */
export function parseEntry(text: string, number: number): Entry | undefined {
  const end = text.indexOf("\n");
  const first = parseFirst(text.slice(0, end), number);
  const body = text.slice(end + 1, -1);
  if (end < 0 || first?.body !== sha256(body) || !text.endsWith("\n")) return undefined;
  return { ...first.head, files: JSON.parse(body) as readonly AppliedFile[] };
}

interface FirstLine {
  readonly format: number;
  readonly head: EntryHead;
  readonly body: string;
}

function parseFirst(line: string, number: number): FirstLine | undefined {
  const first = unseal(line) as FirstLine | undefined;
  // A file that was given another's name would pass for another entry.
  return first?.format === 1 && first.head.number === number ? first : undefined;
}
