/**
 * One YAML file -> a tree whose every value knows its place.
 *
 * Promises that a hostile file is a finding, soon: size, depth, number of words and the expansion of aliases are bounded.
 * YAML 1.2 core; one document; no tags of one's own, no key twice, and merge keys only for those who ask for them. The document's own conversion to
 * JavaScript is not used: it forgets places, and takes the last of two keys.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type ParsedNode,
  type YAMLMap,
} from "yaml";
import { quote } from "./quote.ts";
import type { Report } from "./report.ts";
import { type Entry, placeOf, type SourceFile, sourceFile, type Spot, type Tree } from "./tree.ts";
import { excessOf, LARGEST_FILE, MOST_VALUES } from "./yaml-budget.ts";
import { formatPlace } from "./finding.ts";

export interface Options {
  /** Reads `<<` as YAML 1.1 does; an inventory has none, files of other programs do. */
  readonly mergeKeys?: boolean;
}

/** Reads bytes as UTF-8 and the text as YAML; reports what is wrong, and returns the mapping where there is one. */
export function readYaml(
  name: string,
  content: Uint8Array | string,
  report: Report,
  { mergeKeys = false }: Options = {},
): { readonly file: SourceFile; readonly tree?: Tree } {
  const text = decode(content);
  const file = sourceFile(name, text ?? "");
  const start: Spot = { file, offset: 0 };
  if (text === undefined) {
    if (content.length > LARGEST_FILE) tooLarge(report, start, "more than 8 MiB of text");
    else report.add("bad-encoding", start, `${quote(name)} is not UTF-8 text`, "save the file as UTF-8");
    return { file };
  }
  const excess = excessOf(text);
  if (excess !== undefined) {
    tooLarge(report, { file, offset: excess.offset }, excess.what);
    return { file };
  }
  const tree = treeOf(file, report, mergeKeys);
  return tree === undefined ? { file } : { file, tree };
}

function tooLarge(report: Report, at: Spot, what: string): void {
  report.add("too-large", at, `the file has ${what}`, "write ranges (terminals: 1-99), or split the file with include");
}

/** `undefined`: too large or not UTF-8. A byte order mark is dropped, as the decoder does. */
function decode(content: Uint8Array | string): string | undefined {
  if (content.length > LARGEST_FILE) return undefined;
  if (typeof content === "string") return content.startsWith("\ufeff") ? content.slice(1) : content;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

function treeOf(file: SourceFile, report: Report, mergeKeys: boolean): Tree | undefined {
  const document = parseDocument(file.text, {
    version: "1.2",
    schema: "core",
    // The parser compares each key with each other; 100,000 keys would take a minute. The walk below looks them up.
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    // "silent" would also keep silent about a second document.
    logLevel: "error",
  });
  // One mistake makes the parser stumble many times: the first is the one to mend.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    reportProblem(report, { file, offset: problem.pos[0] }, problem.code, problem.message);
    return undefined;
  }
  return rootOf(document, { file, report, mergeKeys, anchors: new Map() });
}

function reportProblem(report: Report, at: Spot, code: string, message: string): void {
  if (code === "MULTIPLE_DOCS") {
    report.add(
      "several-documents",
      at,
      "a second YAML document begins here",
      "keep one document; use include for more",
    );
  } else if (code === "RESOURCE_EXHAUSTION") {
    tooLarge(report, at, "more levels than an inventory can have");
  } else {
    const hint =
      code === "TAB_AS_INDENT" ? "indent with spaces" : "mend the YAML here; quote texts with special characters";
    report.add("bad-yaml", at, `the YAML cannot be read: ${quote(message).slice(1, -1)}`, hint);
  }
}

function rootOf(document: Document.Parsed, context: Walk): Tree | undefined {
  const { file, report } = context;
  const start: Spot = { file, offset: 0 };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    report.add("empty-file", start, "the file says nothing", "run ecluse init to write one to start from");
    return undefined;
  }
  if (!isMap(contents)) {
    const at = { file, offset: offsetOf(contents) };
    report.add("not-a-mapping", at, "the file is not a mapping of keys", "begin with a key, such as gateway:");
    return undefined;
  }
  try {
    return walk(contents, context).tree;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    error.tell(report);
    return undefined;
  }
}

/** Ends the walk: what follows would be judged by values that are not there. */
class Unreadable extends Error {
  readonly tell: (report: Report) => void;
  constructor(tell: (report: Report) => void) {
    super("unreadable");
    this.tell = tell;
  }
}

interface Sized {
  readonly tree: Tree;
  /** How many values it stands for, aliases expanded. */
  readonly size: number;
}

interface Walk {
  readonly file: SourceFile;
  readonly report: Report;
  readonly mergeKeys: boolean;
  /** `undefined`: the anchor's node is still being read, so an alias to it would contain itself. */
  readonly anchors: Map<string, Sized | undefined>;
}

function walk(node: Node, context: Walk): Sized {
  const at = { file: context.file, offset: offsetOf(node) };
  if (isAlias(node)) return expand(node.source, at, context);
  const anchor = (node as { anchor?: string }).anchor;
  if (anchor !== undefined) context.anchors.set(anchor, undefined);
  const sized = isMap(node)
    ? mappingOf(node, at, context)
    : isSeq(node)
      ? listOf(node.items, at, context)
      : leafOf(node, at);
  if (sized.size > MOST_VALUES) {
    const what = "more values than an inventory can have, once its aliases are expanded";
    throw new Unreadable((report) => tooLarge(report, at, what));
  }
  if (anchor !== undefined) context.anchors.set(anchor, sized);
  return sized;
}

function expand(name: string, at: Spot, { anchors }: Walk): Sized {
  const sized = anchors.get(name);
  if (sized !== undefined) return { tree: { ...sized.tree, at }, size: sized.size };
  const what = anchors.has(name) ? "stands inside its own anchor" : "has no anchor before it";
  const message = `the alias ${quote(`*${name}`)} ${what}`;
  throw new Unreadable((report) => report.add("bad-yaml", at, message, "write the values out"));
}

function listOf(items: readonly unknown[], at: Spot, context: Walk): Sized {
  const trees: Tree[] = [];
  let size = 1;
  for (const item of items) {
    const sized = walk(item as Node, context);
    trees.push(sized.tree);
    size += sized.size;
  }
  return { tree: { kind: "list", at, items: trees }, size };
}

function mappingOf(map: YAMLMap, at: Spot, context: Walk): Sized {
  const entries = new Map<string, Entry>();
  const merged: Tree[] = [];
  let size = 1;
  for (const { key, value } of map.items as readonly { key: ParsedNode; value: ParsedNode | null }[]) {
    const keyAt = { file: context.file, offset: offsetOf(key) };
    const sized = value === null ? leafOf(null, keyAt) : walk(value, context);
    size += sized.size;
    if (context.mergeKeys && isScalar(key) && key.source === "<<") {
      merged.push(sized.tree);
      continue;
    }
    const name = keyOf(key, keyAt, context.report);
    if (name === undefined || isTwice(entries, name, keyAt, context.report)) continue;
    entries.set(name, { at: keyAt, value: sized.tree });
  }
  for (const tree of merged) mergeInto(entries, tree, context.report);
  return { tree: { kind: "mapping", at, entries }, size };
}

/** The keys written out win, then the first mapping that has one (yaml.org/type/merge.html). */
function mergeInto(entries: Map<string, Entry>, merged: Tree, report: Report): void {
  if (merged.kind === "list") for (const item of merged.items) mergeInto(entries, item, report);
  else if (merged.kind === "mapping") {
    for (const [name, entry] of merged.entries) if (!entries.has(name)) entries.set(name, entry);
  } else {
    report.add("merge-key", merged.at, "a merge key (<<) takes a mapping", "alias a mapping: <<: *defaults");
  }
}

function leafOf(node: unknown, at: Spot): Sized {
  if (!isScalar(node)) return { tree: { kind: "leaf", at, value: null, text: "" }, size: 1 };
  const { value, source } = node;
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
  return { tree: { kind: "leaf", at, value: known, text: source ?? "" }, size: 1 };
}

function keyOf(key: Node, at: Spot, report: Report): string | undefined {
  if (!isScalar(key)) {
    report.add("bad-key", at, "a key is not a plain name or number", "write the key as plain text");
    return undefined;
  }
  const name = key.source ?? String(key.value);
  if (name === "<<") {
    report.add(
      "merge-key",
      at,
      "merge keys (<<) are not read",
      "write the keys out, or alias a whole value (allow: *tills)",
    );
    return undefined;
  }
  // Objects would take this key for their prototype, and a reader would never see it again.
  if (name === "" || name === "__proto__") {
    report.add("bad-key", at, `${quote(name)} is not a key`, "write a name before the colon");
    return undefined;
  }
  return name;
}

function isTwice(entries: ReadonlyMap<string, Entry>, name: string, at: Spot, report: Report): boolean {
  const first = entries.get(name);
  if (first === undefined) return false;
  const before = formatPlace(placeOf(first.at));
  report.add(
    "duplicate-key",
    at,
    `${quote(name)} is written twice, first at ${before}`,
    "keep one of the two, or merge them",
  );
  return true;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
