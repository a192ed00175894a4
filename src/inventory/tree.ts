/**
 * A YAML document as values that remember where they were written.
 *
 * Aliases share their nodes, so the tree may be a graph without cycles; whoever walks it counts what it expands to.
 */
import type { Place } from "./finding.ts";

/** One file as read: its name for messages, its text without byte order mark, and where its lines begin. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly lineStarts: readonly number[];
}

/** An offset in a file; becomes a `Place` only when a finding needs it. */
export interface Spot {
  readonly file: SourceFile;
  readonly offset: number;
}

export type Tree = Leaf | List | Mapping;

export interface Leaf {
  readonly kind: "leaf";
  readonly at: Spot;
  readonly value: string | number | boolean | null;
  /** As written, so that 10.10 is not taken for 10.1. */
  readonly text: string;
}

export interface List {
  readonly kind: "list";
  readonly at: Spot;
  readonly items: readonly Tree[];
}

export interface Mapping {
  readonly kind: "mapping";
  readonly at: Spot;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly at: Spot;
  readonly value: Tree;
}

export type Path = readonly (string | number)[];

/** A file's text with its lines counted; `\n` and `\r\n` end a line. */
export function sourceFile(name: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return { name, text, lineStarts };
}

/** The place of a spot; columns count UTF-16 units from 1. */
export function placeOf({ file, offset }: Spot): Place {
  let low = 0;
  let high = file.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: file.name, line: low + 1, column: offset - (file.lineStarts[low] ?? 0) + 1 };
}

/** The node at a path, or `undefined` where nothing was written. */
export function nodeAt(root: Tree, path: Path): Tree | undefined {
  let node: Tree | undefined = root;
  for (const step of path) node = node && childOf(node, step);
  return node;
}

/** Where the path was written, or else the nearest thing above it; `key` points at the key instead of its value. */
export function spotAt(root: Tree, path: Path, which: "key" | "value" = "value"): Spot {
  let node: Tree = root;
  let spot = root.at;
  for (const [index, step] of path.entries()) {
    const child = childOf(node, step);
    if (child === undefined) return spot;
    const key = node.kind === "mapping" ? node.entries.get(String(step))?.at : undefined;
    // An empty value (`22:`) has no place of its own worth pointing at.
    const silent = child.kind === "leaf" && child.text === "";
    spot = key !== undefined && (silent || (which === "key" && index === path.length - 1)) ? key : child.at;
    node = child;
  }
  return spot;
}

/** Plain JavaScript data for the schema. Objects have no prototype, so no key can be mistaken for one of theirs. */
export function plain(tree: Tree): unknown {
  if (tree.kind === "leaf") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of tree.entries) object[key] = plain(entry.value);
  return object;
}

/** The keys of the mapping at a path, or none. */
export function keysAt(root: Tree, path: Path): readonly string[] {
  const node = nodeAt(root, path);
  return node?.kind === "mapping" ? [...node.entries.keys()] : [];
}

/** Calls back for every leaf with its path; an aliased part is visited at each of its uses. */
export function eachLeaf(tree: Tree, visit: (leaf: Leaf, path: Path) => void, path: Path = []): void {
  if (tree.kind === "leaf") visit(tree, path);
  else if (tree.kind === "list") tree.items.forEach((item, index) => eachLeaf(item, visit, [...path, index]));
  else for (const [key, entry] of tree.entries) eachLeaf(entry.value, visit, [...path, key]);
}

function childOf(node: Tree, step: string | number): Tree | undefined {
  if (node.kind === "mapping") return node.entries.get(String(step))?.value;
  return node.kind === "list" ? node.items[Number(step)] : undefined;
}
