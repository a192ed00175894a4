/**
 * The part of a text that is to be read, perhaps mended, in which every character still knows where it was written.
 *
 * A document is given whole more often than cut: its listings stand between fences (```), and a page that ended in the
 * middle of one left two. Nothing here guesses in silence; whoever takes an excerpt says which lines it is.
 */
import { type Entry, placeOf, type SourceFile, type Spot, type Tree } from "../tree.ts";

export interface Excerpt {
  /** The text as given. */
  readonly file: SourceFile;
  /** Line for line the same text; a line that is not read is empty. */
  readonly lines: readonly string[];
  /** By how many columns each line was moved to the right. */
  readonly shifts: readonly number[];
  /** The stretches that are read, counted from 1, both ends included; one over the whole file where nothing was cut. */
  readonly stretches: readonly Stretch[];
}

export interface Stretch {
  readonly first: number;
  readonly last: number;
}

const FENCE = /^\s*(?:```|~~~)/;

/** The whole text. */
export function wholeText(file: SourceFile): Excerpt {
  const lines = linesOf(file);
  return { file, lines, shifts: lines.map(() => 0), stretches: [{ first: 1, last: lines.length }] };
}

/** Those stretches alone; the other lines are empty. */
export function onlyStretches(file: SourceFile, stretches: readonly Stretch[]): Excerpt {
  const whole = wholeText(file);
  const lines = whole.lines.map(() => "");
  for (const { first, last } of stretches) {
    for (let index = first - 1; index < last; index += 1) lines[index] = whole.lines[index] ?? "";
  }
  return { ...whole, lines, stretches };
}

/** The stretches between fences, in order, whether inside or outside a listing; one where there is no fence. */
export function betweenFences(lines: readonly string[]): readonly Stretch[] {
  const fences = lines.flatMap((line, index) => (FENCE.test(line) ? [index + 1] : []));
  const starts = [0, ...fences];
  return starts.map((start, index) => ({ first: start + 1, last: (fences[index] ?? lines.length + 1) - 1 }));
}

/** Those of the lines that lie in the stretch. */
export function linesIn(lines: readonly string[], { first, last }: Stretch): readonly string[] {
  return lines.slice(first - 1, last);
}

/** Lines without their ends. */
export function linesOf({ text }: SourceFile): readonly string[] {
  return text.split(/\r?\n/);
}

/** Where a line (from 1) begins, or the column (from 1) in it. */
export function spotOn(file: SourceFile, line: number, column = 1): Spot {
  return { file, offset: (file.lineStarts[line - 1] ?? 0) + column - 1 };
}

/** `lines 58 to 98`, `line 7`. */
export function formatStretch({ first, last }: Stretch): string {
  return first === last ? `line ${first}` : `lines ${first} to ${last}`;
}

/** Where a spot of the excerpt's text was written in the file. */
export function originalSpot({ file, shifts }: Excerpt, spot: Spot): Spot {
  const { line, column } = placeOf(spot);
  return spotOn(file, line, Math.max(1, column - (shifts[line - 1] ?? 0)));
}

/** The tree with every spot where it was written. What aliases share stays shared. */
export function relocate(tree: Tree, move: (spot: Spot) => Spot, moved = new Map<Tree, Tree>()): Tree {
  const before = moved.get(tree);
  if (before !== undefined) return before;
  const result = relocated(tree, move, moved);
  moved.set(tree, result);
  return result;
}

function relocated(tree: Tree, move: (spot: Spot) => Spot, moved: Map<Tree, Tree>): Tree {
  const at = move(tree.at);
  if (tree.kind === "leaf") return { ...tree, at };
  if (tree.kind === "list") return { ...tree, at, items: tree.items.map((item) => relocate(item, move, moved)) };
  const entries = new Map<string, Entry>();
  for (const [key, entry] of tree.entries) {
    entries.set(key, { at: move(entry.at), value: relocate(entry.value, move, moved) });
  }
  return { ...tree, at, entries };
}
