/**
 * Rendered files on the disk: written, or compared with what is there.
 *
 * A file that was rendered and not touched since may be replaced; one that somebody wrote or changed may not, unless it is
 * said so. What an earlier rendering of a whole folder wrote and this one no longer has is removed, under the same rule.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeDurably, writeDurably } from "../change/durable.ts";
import { EcluseError } from "../errors.ts";
import { MANIFEST, type Manifest, parseManifest } from "../render/manifest.ts";
import { isUntouched, sha256, withoutHeader } from "../render/rendered-file.ts";

/** A file to be, by its path on the disk. */
export interface Writing {
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

/** How a file on the disk differs from what would be rendered. */
export interface Drift {
  readonly path: string;
  readonly state: "missing" | "differs" | "left-over";
  /** The first line that differs, counted in the file that is there. */
  readonly line?: number;
  readonly there?: string;
  readonly rendered?: string;
}

/** What a rendering of the whole folder wrote there before. */
export class Earlier {
  readonly manifest: Manifest | undefined;
  readonly #hashes: ReadonlyMap<string, string>;

  constructor(folder: string) {
    const text = textAt(join(folder, MANIFEST));
    this.manifest = text === undefined ? undefined : parseManifest(text);
    const files = Object.entries(this.manifest?.files ?? {});
    this.#hashes = new Map(files.map(([path, hash]) => [join(folder, path), hash]));
  }

  /** Files that it wrote, that are still there, and that are not among these. */
  leftOver(files: readonly Writing[]): readonly string[] {
    const now = new Set(files.map(({ path }) => path));
    return [...this.#hashes.keys()].filter((path) => !now.has(path) && existsSync(path));
  }

  /** Whether what is there may be replaced: it was rendered, and nobody touched it since. */
  wrote(path: string, there: string): boolean {
    return isUntouched(there) || sha256(there) === this.#hashes.get(path) || parseManifest(there) !== undefined;
  }
}

/** Compares, whatever the day and the program's version; `gone` are the left-over ones. */
export function driftOf(files: readonly Writing[], gone: readonly string[]): readonly Drift[] {
  return [
    ...files.flatMap((file) => differenceOf(file) ?? []),
    ...gone.map((path): Drift => ({ path, state: "left-over" })),
  ];
}

function differenceOf({ path, text }: Writing): Drift | undefined {
  const there = textAt(path);
  if (there === undefined) return { path, state: "missing" };
  const [is, should] = [withoutHeader(there), withoutHeader(text)].map((each) => each.split("\n"));
  if (is === undefined || should === undefined) return undefined;
  const longer = is.length > should.length ? is : should;
  const at = longer.findIndex((_, index) => is[index] !== should[index]);
  if (at < 0) return undefined;
  const line = at + 1 + (there.split("\n").length - is.length);
  return { path, state: "differs", line, there: is[at] ?? "", rendered: should[at] ?? "" };
}

/** Writes all of them, or none where one may not be replaced (`cannot-write`). Resolves with what it removed of `gone`. */
export async function writeAll(
  files: readonly Writing[],
  gone: readonly string[],
  { earlier, force }: { readonly earlier: Earlier; readonly force: boolean },
): Promise<readonly string[]> {
  if (!force) for (const file of files) refuseToReplace(file, earlier);
  for (const { path, text, executable } of files) {
    mkdirSync(dirname(path), { recursive: true });
    const mode = executable ? 0o755 : 0o644;
    if (textAt(path) === text) chmodSync(path, mode);
    else await writeDurably(path, text, { mode });
  }
  const removed = gone.filter((path) => earlier.wrote(path, textAt(path) ?? ""));
  for (const path of removed) await removeDurably(path);
  return removed;
}

function refuseToReplace({ path, text }: Writing, earlier: Earlier): void {
  const there = textAt(path);
  if (there === undefined || there === text || earlier.wrote(path, there)) return;
  throw new EcluseError("cannot-write", `Cannot write ${path}: it was changed by hand, or was never rendered`, {
    hint: "move it away, or replace it with --force; --check says what differs",
  });
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EcluseError("cannot-write", `Cannot read ${path}: ${message}`, {
      hint: "name another file or folder",
      cause: error,
    });
  }
}
