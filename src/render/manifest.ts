/** `rendered.json`: what one rendering of a whole folder wrote, from which inventory. It holds the hash of every file. */
import { VERSION } from "../version.ts";
import { sha256 } from "./rendered-file.ts";
import type { Subject } from "./subject.ts";

export const MANIFEST = "rendered.json";

export interface Manifest {
  readonly ecluse: string;
  /** The inventory's file and version. */
  readonly file: string;
  readonly inventory: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** Path -> SHA-256 of the whole file. */
  readonly files: Readonly<Record<string, string>>;
}

export function manifestOf(texts: ReadonlyMap<string, string>, { file, version, date }: Subject): Manifest {
  const sorted = [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const files = Object.fromEntries(sorted.map(([path, text]) => [path, sha256(text)]));
  return { ecluse: VERSION, file, inventory: version, date, files };
}

/** Reads one back; `undefined`: it is none. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value = JSON.parse(text) as Partial<Manifest> | null;
    const known = typeof value?.date === "string" && typeof value.files === "object";
    return known ? (value as Manifest) : undefined;
  } catch {
    return undefined;
  }
}
