/**
 * The main file and what it includes, each read once, in order.
 *
 * Patterns are relative to the file that includes; matches are sorted. Bounded: 8 levels, 1,000 files, 32 MiB together.
 */
import { dirname, isAbsolute, join, normalize } from "node:path";
import { formatPlace } from "./finding.ts";
import { quote } from "./quote.ts";
import { readYaml } from "./read-yaml.ts";
import type { Report } from "./report.ts";
import { type Leaf, type Mapping, placeOf, type SourceFile, type Spot } from "./tree.ts";

/** Where files come from: a disk, or a table in a test. */
export interface Shelf {
  /** Throws where the file cannot be read; the message says what stood in the way. */
  readonly read: (file: string) => Uint8Array | string;
  /** Files whose path matches the pattern, in any order. */
  readonly list: (pattern: string) => readonly string[];
}

/** A path is of use only whole; Linux allows no longer one. */
const LONGEST_PATH = 4_096;
const DEEPEST = 8;
const MOST_FILES = 1_000;
const MOST_TEXT = 32 * 1024 * 1024;

export interface Gathered {
  readonly files: readonly SourceFile[];
  readonly trees: readonly Mapping[];
}

/** Reads the main file and its includes. An include that cannot be read is a finding; the main file throws. */
export function gather(main: string, shelf: Shelf, report: Report): Gathered {
  const gathering: Gathering = { shelf, report, files: [], trees: [], seen: new Map(), text: 0 };
  follow(gathering, main, shelf.read(main), [], undefined);
  return gathering;
}

interface Gathering {
  readonly shelf: Shelf;
  readonly report: Report;
  readonly files: SourceFile[];
  readonly trees: Mapping[];
  /** Where each file was first included from. */
  readonly seen: Map<string, Spot | undefined>;
  text: number;
}

function follow(
  g: Gathering,
  name: string,
  content: Uint8Array | string,
  chain: readonly string[],
  from: Spot | undefined,
): void {
  g.seen.set(normalize(name), from);
  g.text += content.length;
  const { file, tree } = readYaml(name, content, g.report);
  g.files.push(file);
  if (tree?.kind !== "mapping") return;
  g.trees.push(tree);
  for (const pattern of patternsOf(tree)) {
    if (!isPattern(pattern)) continue;
    for (const match of matchesOf(g, name, pattern)) include(g, match, [...chain, normalize(name)], pattern);
  }
}

function include(g: Gathering, name: string, chain: readonly string[], pattern: Leaf): void {
  const { report } = g;
  const at = pattern.at;
  if (chain.includes(normalize(name))) {
    report.add("include-cycle", at, `${quote(name, LONGEST_PATH)} includes itself`, "remove this include");
    return;
  }
  if (g.seen.has(normalize(name))) {
    const first = g.seen.get(normalize(name));
    const where = first === undefined ? "" : `, at ${formatPlace(placeOf(first))}`;
    report.add(
      "listed-twice",
      at,
      `${quote(name, LONGEST_PATH)} is included already${where}`,
      "include each file once",
    );
    return;
  }
  if (chain.length > DEEPEST || g.files.length >= MOST_FILES || g.text > MOST_TEXT) {
    report.add("too-large", at, "more than 8 levels, 1,000 files or 32 MiB are included", "include fewer files");
    return;
  }
  const content = contentOf(g, name, at);
  if (content !== undefined) follow(g, name, content, chain, at);
}

function contentOf({ shelf, report }: Gathering, name: string, at: Spot): Uint8Array | string | undefined {
  try {
    return shelf.read(name);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    report.add(
      "include-unreadable",
      at,
      `cannot read ${quote(name, LONGEST_PATH)}: ${quote(cause).slice(1, -1)}`,
      "check its name and rights",
    );
    return undefined;
  }
}

function patternsOf(tree: Mapping): readonly Leaf[] {
  const value = tree.entries.get("include")?.value;
  return value?.kind === "list" ? value.items.filter((item) => item.kind === "leaf") : [];
}

function isPattern(leaf: Leaf): boolean {
  return typeof leaf.value === "string" && leaf.value !== "";
}

function matchesOf({ shelf, report }: Gathering, from: string, pattern: Leaf): readonly string[] {
  const path = isAbsolute(pattern.text) ? pattern.text : join(dirname(from), pattern.text);
  if (!/[*?[\]{}]/.test(path)) return [path];
  const matches = shelf.list(path).toSorted();
  if (matches.length === 0) {
    report.add(
      "include-empty",
      pattern.at,
      `${quote(pattern.text, LONGEST_PATH)} matches no file`,
      "check the path, or remove the include",
    );
  }
  return matches;
}
