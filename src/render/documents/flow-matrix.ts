/** The flow matrix: every connection that is let in, for whom, why, and until when (PCI DSS v4.0.1, 1.2.5). */
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { columnsOf } from "./columns.ts";
import { documentFiles } from "./document-files.ts";
import type { Block, Document } from "./document.ts";
import { type FlowRow, flowRows } from "./flow-rows.ts";
import { addressesOf, answersOf, descriptionOf, flowRuns, placeWords, portsOf, sourceWords } from "./flow-words.ts";
import { sheetOf } from "./matrix-sheet.ts";
import { usedSources } from "./used-sources.ts";
import type { ColumnName, Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("flow-matrix", subject, flowMatrix);
}

const READ: readonly ColumnName[] = [
  ...(["source", "destination", "port", "protocol", "direction", "description"] as const),
  ...(["owner", "reason", "approver", "reviewed", "nextReview", "until"] as const),
];

function flowMatrix(subject: Subject, words: Words): Document {
  const rows = flowRows(subject);
  const { matrix, frame } = words;
  return {
    title: matrix.title,
    wide: true,
    sheet: sheetOf(rows, words),
    blocks: [
      { kind: "paragraph", text: matrix.intro },
      { kind: "notice", text: frame.unencrypted },
      { kind: "heading", level: 2, text: matrix.flows },
      ...(rows.length === 0 ? [{ kind: "paragraph", text: matrix.nothing } as const] : [matrixOf(rows, words)]),
      ...shutDoors(subject, rows, words),
      ...sourcesOf(subject, rows, words),
    ],
  };
}

function matrixOf(rows: readonly FlowRow[], words: Words): Block {
  return {
    kind: "table",
    caption: words.matrix.flowsCaption,
    columns: columnsOf(READ, words),
    rows: flowRuns(rows).map((run) => {
      const { first } = run;
      const whom = [sourceWords(first.source, words), placeWords(first.place, words), portsOf(run), "TCP"];
      return [...whom, words.things.directions[first.direction], descriptionOf(run, words), ...answersOf(first)];
    }),
  };
}

/** A door without a right is closed to all; a reader who misses it in the matrix must find it somewhere. */
function shutDoors({ policy }: Subject, rows: readonly FlowRow[], { matrix }: Words): readonly Block[] {
  const open = new Set(rows.map(({ flow }) => flow));
  const shut = policy.flows.filter(({ id }) => !open.has(id)).map(({ id }) => id);
  return shut.length === 0 ? [] : [{ kind: "paragraph", text: matrix.shut(shut.join(", ")) }];
}

function sourcesOf(subject: Subject, rows: readonly FlowRow[], words: Words): readonly Block[] {
  const used = usedSources(subject, rows);
  if (used.length === 0) return [];
  const columns: readonly ColumnName[] = ["source", "addresses", "owner", "reason", "approver"];
  return [
    { kind: "heading", level: 2, text: words.matrix.sources },
    {
      kind: "table",
      caption: words.matrix.sourcesCaption,
      columns: columnsOf(columns, words),
      rows: used.map(({ source }) => {
        const { owner = "", reason = "", approver = "" } = source;
        return [sourceWords(source, words), addressesOf(source), owner, reason, approver];
      }),
    },
  ];
}
