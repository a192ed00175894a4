/** What an import tells: what it did, line by line, and what it found. */
import type { FindingCode } from "../catalogue.ts";
import type { Finding, Place } from "../finding.ts";
import { escapeControls } from "../quote.ts";
import { createReport, type Report } from "../report.ts";
import { placeOf, type SourceFile, type Spot } from "../tree.ts";
import { IMPORT_CATALOGUE, type ImportCode } from "./catalogue.ts";

/** One thing that was read, and what became of it. */
export interface Deed {
  readonly place: Place;
  readonly text: string;
}

export interface Account {
  readonly report: Report<FindingCode | ImportCode>;
  /** Says what was done with what stands at the spot. */
  readonly did: (at: Spot, text: string) => void;
  /** In the order of `findings`. */
  readonly deeds: (files: readonly SourceFile[]) => readonly Deed[];
  /** In the order of the files, then by line and column. */
  readonly findings: (files: readonly SourceFile[]) => readonly Finding[];
}

export function createAccount(): Account {
  const report = createReport(IMPORT_CATALOGUE);
  const deeds: Deed[] = [];
  return {
    report,
    did: (at, text) => void deeds.push({ place: placeOf(at), text: escapeControls(text) }),
    deeds: (files) => {
      const order = new Map(files.map(({ name }, index) => [name, index]));
      const rank = ({ file }: Place): number => order.get(file) ?? files.length;
      return deeds.toSorted(({ place: a }, { place: b }) => rank(a) - rank(b) || a.line - b.line);
    },
    findings: (files) => report.findings(files.map(({ name }) => name)),
  };
}
