/**
 * Reading an inventory: files -> YAML -> schema -> model -> checks -> findings.
 *
 * Promises that every mistake is a finding with its place, as many as possible in one pass, and that there is an
 * inventory only where no finding is an error. Touches no disk and reads no clock; `load.ts` does both.
 */
import { matchesGlob } from "node:path";
import { checkAll } from "./checks/all.ts";
import { checkPlaceholders } from "./checks/placeholders.ts";
import { createFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { gather, type Shelf } from "./include.ts";
import { mergeTrees } from "./merge.ts";
import type { Inventory } from "./model.ts";
import { createReading } from "./reading.ts";
import { createReport, type Report } from "./report.ts";
import { resolve } from "./resolve/inventory.ts";
import { shapeOf } from "./shape.ts";
import type { Mapping } from "./tree.ts";

export interface LoadResult {
  /** Absent where any finding is an error. */
  readonly inventory?: Inventory;
  /** By file, in the order of reading, then by line and column. */
  readonly findings: readonly Finding[];
  /** What was read, for code frames; the main file first. */
  readonly files: readonly { readonly file: string; readonly text: string }[];
}

/** Reads an inventory whose files are given as texts by name; the first is the main one. */
export function readInventory(files: Readonly<Record<string, string | Uint8Array>>, now: number): LoadResult {
  const [main = "ecluse.yaml"] = Object.keys(files);
  const shelf: Shelf = {
    read(file) {
      const content = files[file];
      if (content === undefined) throw new Error("no such file");
      return content;
    },
    list: (pattern) => Object.keys(files).filter((file) => matchesGlob(file, pattern)),
  };
  return readFrom(main, shelf, now);
}

/** Reads an inventory from a shelf. Throws what the shelf throws for the main file. */
export function readFrom(main: string, shelf: Shelf, now: number): LoadResult {
  const report = createReport();
  const { files, trees } = gather(main, shelf, report);
  const [first, ...others] = trees;
  // A file that is not YAML may hold anything: what the others lack without it is not known.
  const inventory =
    first !== undefined && trees.length === files.length ? judge([first, ...others], report, now) : undefined;
  const findings = report.findings(files.map(({ name }) => name));
  const texts = files.map(({ name, text }) => ({ file: name, text }));
  if (inventory === undefined || report.hasErrors()) return { findings, files: texts };
  return { inventory, findings, files: texts };
}

function judge(trees: readonly [Mapping, ...Mapping[]], report: Report, now: number): Inventory | undefined {
  const root = mergeTrees(trees, report);
  checkPlaceholders(root, report);
  const shape = shapeOf(root, report);
  if (shape === undefined) return undefined;
  const reading = createReading({ root, data: shape.data, written: shape.written, now, report });
  const inventory = resolve(reading);
  checkAll(createFacts(reading, inventory, !report.hasErrors()));
  return inventory;
}
