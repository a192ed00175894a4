/** The data-flow diagram (PCI DSS v4.0.1, 1.2.4): an overview, and one page for each depot. */
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { depotPage } from "./diagram/depot-page.ts";
import { overview } from "./diagram/overview.ts";
import { hasCallback } from "./diagram/way.ts";
import { type Signs, signsOf } from "./diagram/signs.ts";
import { documentFiles } from "./document-files.ts";
import type { Block, Document } from "./document.ts";
import { flowRows } from "./flow-rows.ts";
import { addressesOf, sourceWords } from "./flow-words.ts";
import { columnsOf } from "./columns.ts";
import type { Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("data-flow-diagram", subject, dataFlowDiagram);
}

const FOLDER = "data-flow-diagram";

function dataFlowDiagram(subject: Subject, words: Words): Document {
  const { diagram, frame } = words;
  const signs = signsOf(subject, flowRows(subject));
  return {
    title: diagram.title,
    wide: true,
    blocks: [
      { kind: "paragraph", text: diagram.intro },
      { kind: "notice", text: frame.unencrypted },
      { kind: "heading", level: 2, text: diagram.overview },
      {
        kind: "figure",
        path: `${FOLDER}/overview.svg`,
        svg: overview(subject, signs, words),
        caption: diagram.overviewCaption,
      },
      ...legend(signs, words),
      { kind: "heading", level: 2, text: diagram.segments },
      segments(subject, words),
      ...depotFigures(subject, signs, words),
    ],
  };
}

function legend({ sources }: Signs, words: Words): readonly Block[] {
  if (sources.length === 0) return [];
  return [
    {
      kind: "table",
      caption: words.diagram.legend,
      columns: columnsOf(["number", "source", "addresses"], words),
      rows: sources.map(({ sign, source }) => [sign, sourceWords(source, words), addressesOf(source)]),
    },
  ];
}

/** Only those that this inventory has. */
function segments({ inventory, policy }: Subject, { diagram }: Words): Block {
  const { rows } = diagram;
  return {
    kind: "table",
    caption: diagram.segmentsCaption,
    columns: [{ head: diagram.segment }, { head: diagram.carries }, { head: diagram.protection }],
    rows: [
      ...(inventory.depots.length > 0 ? [rows.public, rows.tunnel, rows.depot] : []),
      ...(hasCallback(policy) ? [rows.callback] : []),
      ...(inventory.services.length > 0 ? [rows.backEnd] : []),
    ],
  };
}

function depotFigures(subject: Subject, signs: Signs, words: Words): readonly Block[] {
  return subject.inventory.depots.flatMap((depot) => {
    const name = words.things.depot(depot.number, depot.name);
    return [
      { kind: "heading", level: 2, text: name },
      {
        kind: "figure",
        path: `${FOLDER}/depot${String(depot.number).padStart(2, "0")}.svg`,
        svg: depotPage(depot, subject, signs, words),
        caption: words.diagram.depotCaption(name),
      },
    ];
  });
}
