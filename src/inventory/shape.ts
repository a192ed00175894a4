/**
 * Plain data -> data of the schema's shape, and a finding for each thing that is not.
 *
 * What does not fit is reported once and taken out, so that the rest is judged too; a missing key takes out what it
 * belongs to. The data that is left has the schema's type, whatever was written.
 */
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { escapeControls, formatPath, quote } from "./quote.ts";
import type { Report } from "./report.ts";
import { inventorySchema, type RawInventory } from "./schema.ts";
import { type Mapping, nodeAt, type Path, plain, spotAt } from "./tree.ts";

type Issue = z.core.$ZodIssue;

/** Data of the schema's shape, and the way back from a path in it to the path as written. */
export interface Shape {
  readonly data: RawInventory;
  /** List items that did not fit are gone; this puts the numbers of those behind them right. */
  readonly written: (path: Path) => Path;
}

/** The inventory's data as far as it fits. */
export function shapeOf(root: Mapping, report: Report): Shape | undefined {
  const data = plain(root);
  const gaps: Gaps = new Map();
  for (let round = 0; ; round += 1) {
    const result = inventorySchema.safeParse(data);
    if (result.success) return { data: result.data, written: (path) => writtenPath(gaps, path) };
    const issues = result.error.issues.flatMap((issue) => plainIssues(issue, []));
    // What a later round finds missing is a consequence of what the first one took out.
    if (round === 0) for (const issue of issues) explain({ issue, issues, root, report });
    if (!takeOut(data, issues, gaps)) return undefined;
  }
}

/** An issue inside a union is that of the alternative that was meant: the one whose kind fits. */
function plainIssues(issue: Issue, prefix: Path): readonly Issue[] {
  const path = [...prefix, ...(issue.path as Path)];
  if (issue.code !== "invalid_union") return [{ ...issue, path }];
  const meant = issue.errors.find((errors) => !errors.some((error) => isOtherKind(error)));
  return meant === undefined ? [{ ...issue, path }] : meant.flatMap((inner) => plainIssues(inner, path));
}

function isOtherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  // 4.5 where a whole number is wanted is of the right kind, and gets its own message.
  return issue.code === "invalid_value" || (issue.code === "invalid_type" && issue.expected !== "int");
}

/** For each list (by its path), the numbers of the items that were taken out, ascending, as written. */
type Gaps = Map<string, number[]>;

/** Removes what does not fit; `false` where nothing can be removed. */
function takeOut(data: unknown, issues: readonly Issue[], gaps: Gaps): boolean {
  const targets = new Map<string, Path>();
  for (const path of issues.flatMap((issue) => pathsOf(issue))) {
    const target = valueAt(data, path) === undefined ? path.slice(0, -1) : path;
    targets.set(JSON.stringify(target), target);
  }
  // Backwards, so that an item's number still holds when its turn comes.
  for (const target of [...targets.values()].reverse()) {
    if (target.length <= 1 && (target[0] ?? "gateway") === "gateway") keepGateway(data);
    else removeAt(data, target, gaps);
  }
  return targets.size > 0;
}

function pathsOf(issue: Issue): readonly Path[] {
  const path = issue.path as Path;
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

/** Without a gateway nothing else could be judged: an address that no one takes for one stands in. */
function keepGateway(data: unknown): void {
  (data as Record<string, unknown>)["gateway"] = { address: "" };
}

function removeAt(data: unknown, path: Path, gaps: Gaps): void {
  const parent = valueAt(data, path.slice(0, -1));
  const last = path.at(-1) ?? "";
  if (Array.isArray(parent)) {
    const key = JSON.stringify(path.slice(0, -1));
    const gone = gaps.get(key) ?? [];
    gaps.set(
      key,
      [...gone, past(gone, Number(last))].toSorted((a, b) => a - b),
    );
    parent.splice(Number(last), 1);
  } else if (typeof parent === "object" && parent !== null) {
    Reflect.deleteProperty(parent, last);
  }
}

function writtenPath(gaps: Gaps, path: Path): Path {
  if (gaps.size === 0) return path;
  return path.map((step, index) => {
    const gone = typeof step === "number" ? gaps.get(JSON.stringify(path.slice(0, index))) : undefined;
    return gone === undefined ? step : past(gone, Number(step));
  });
}

function past(gone: readonly number[], index: number): number {
  return gone.reduce((at, gap) => (gap <= at ? at + 1 : at), index);
}

/** The value at a path of plain data, or `undefined`. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  }, data);
}

interface Explaining {
  readonly issue: Issue;
  readonly issues: readonly Issue[];
  readonly root: Mapping;
  readonly report: Report;
}

function explain(context: Explaining): void {
  const { issue, root, report } = context;
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") explainUnknown(issue.keys, path, root, report);
  else if (nodeAt(root, path) === undefined) explainMissing(path, context);
  else if (issue.code === "invalid_value") explainChoice(path, issue.values.map(String), root, report);
  else if (issue.code === "too_small" || issue.code === "too_big") explainBounds(issue, path, root, report);
  else explainKind(issue, path, root, report);
}

function explainUnknown(keys: readonly string[], path: Path, root: Mapping, report: Report): void {
  const known = knownKeys(path);
  for (const key of keys) {
    const meant = nearest(key, known);
    const hint = meant === undefined ? `the keys here are ${known.join(", ")}` : `did you mean ${meant}?`;
    const inside = path.length === 0 ? "" : ` in ${formatPath(path)}`;
    report.add("unknown-key", spotAt(root, [...path, key], "key"), `${quote(key)} is not a key${inside}`, hint);
  }
}

/** A required key that is missing because it was misspelt is one mistake, and the unknown key names it. */
function explainMissing(path: Path, { issues, root, report }: Explaining): void {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const written = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" && sameText(issue.path, parent) ? issue.keys : [],
  );
  if (written.some((other) => nearest(other, knownKeys(parent)) === key)) return;
  const where = parent.length === 0 ? "the inventory" : formatPath(parent);
  report.add("missing-key", spotAt(root, parent, "key"), `${where} has no ${quote(key)}`, `write ${key}: ...`);
}

function explainChoice(path: Path, choices: readonly string[], root: Mapping, report: Report): void {
  const meant = nearest(textAt(root, path), choices);
  const list = choices.join(", ");
  const hint = meant === undefined ? `write one of: ${list}` : `did you mean ${meant}? The choices are ${list}`;
  report.add("not-a-choice", spotAt(root, path), `${formatPath(path)} is ${quote(textAt(root, path))}`, hint);
}

function explainBounds(
  issue: Issue & { code: "too_small" | "too_big" },
  path: Path,
  root: Mapping,
  report: Report,
): void {
  const key = nameOf(path);
  const code = PORT_KEYS.has(key) ? "bad-port" : key === "terminals" ? "bad-terminal-number" : "out-of-bounds";
  const bound = issue.code === "too_small" ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`;
  report.add(code, spotAt(root, path), `${formatPath(path)} is ${textAt(root, path)}`, `write ${bound}`);
}

function explainKind(issue: Issue, path: Path, root: Mapping, report: Report): void {
  const key = nameOf(path);
  const node = nodeAt(root, path);
  const written = node?.kind === "leaf" ? quote(node.text) : node?.kind === "list" ? "a list" : "a mapping";
  const wanted =
    (typeof path.at(-1) === "number" ? WANTED_ITEM : WANTED)[key] ??
    (issue.code === "invalid_type" ? (KINDS[issue.expected] ?? issue.expected) : "another kind");
  const at = spotAt(root, path);
  if (node?.kind === "leaf" && typeof node.value === "number" && ADDRESS_KEYS[key] !== undefined) {
    const hint = `YAML reads this as a number; write ${key === "addresses" || key === "network" ? "a network" : "an address"}: 192.0.2.1`;
    report.add(ADDRESS_KEYS[key], at, `${formatPath(path)} is the number ${quote(node.text)}`, hint);
  } else if (node?.kind === "leaf" && typeof node.value === "number" && DURATION_KEYS.has(key)) {
    const hint = `write its unit: ${node.text}s, or ${node.text}ms`;
    report.add("not-a-duration", at, `${formatPath(path)} is ${quote(node.text)}, without a unit`, hint);
  } else {
    const isText =
      node?.kind === "leaf" && issue.code === "invalid_type" && issue.expected === "string" && node.text !== "";
    const hint = isText ? `put it in quotes: "${escapeControls(node.text)}"` : `write ${wanted}`;
    report.add(
      "wrong-type",
      at,
      `${formatPath(path)} is ${node?.kind === "leaf" && node.text === "" ? "empty" : written}, not ${wanted}`,
      hint,
    );
  }
}

const PORT_KEYS: ReadonlySet<string> = new Set(["port", "aliases"]);
const DURATION_KEYS: ReadonlySet<string> = new Set([
  ...["connect", "idle", "halfClosed", "stalled", "keepalive", "drain"],
  ...["wait", "keep"],
]);
const ADDRESS_KEYS: Readonly<Record<string, "not-an-address" | "not-a-network" | undefined>> = {
  address: "not-an-address",
  routers: "not-an-address",
  listen: "not-an-address",
  target: "not-an-address",
  addresses: "not-a-network",
  network: "not-a-network",
};
const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  number: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};
const WANTED_ITEM: Readonly<Record<string, string>> = {
  terminals: "a number or a range (1-12)",
  allow: "a source's name, or { source, until, reason }",
  extra: "a source's name, or { source, until, reason }",
};
const WANTED: Readonly<Record<string, string>> = {
  terminals: "a count (12), a range (1-12), a list or a map of terminals",
  allow: "a list of source names, or of { source, until, reason }",
  extra: "a list of source names, or of { source, until, reason }",
  outbound: "any, or a list of source names",
  acceptProxy: "the name of the balancer's source, or a list of them",
};

/** The last key of a path that is not a number of a list. */
function nameOf(path: Path): string {
  return path.findLast((step) => typeof step === "string") ?? "";
}

function textAt(root: Mapping, path: Path): string {
  const node = nodeAt(root, path);
  return node?.kind === "leaf" ? node.text : (node?.kind ?? "");
}

function sameText(a: readonly PropertyKey[], b: Path): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

/** The keys that the schema knows at a path. */
function knownKeys(path: Path): readonly string[] {
  let schemas: readonly z.core.$ZodType[] = [inventorySchema];
  for (const step of path) schemas = schemas.flatMap(alternatives).flatMap((schema) => inside(schema, step));
  return schemas
    .flatMap(alternatives)
    .flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));
}

function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return alternatives(schema.def.innerType);
  return schema instanceof z.ZodUnion ? schema.def.options.flatMap(alternatives) : [schema];
}

function inside(schema: z.core.$ZodType, step: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodRecord) return [schema.def.valueType];
  if (schema instanceof z.ZodArray) return [schema.def.element];
  const field =
    schema instanceof z.ZodObject ? (schema.shape as Record<string, z.core.$ZodType | undefined>)[step] : undefined;
  return field === undefined ? [] : [field];
}
