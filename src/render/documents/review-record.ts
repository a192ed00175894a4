/** The review record: what a reviewer goes through and signs, every six months (PCI DSS v4.0.1, 1.2.5 and 1.2.7). */
import type { Accountability } from "../../inventory/model.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { columnsOf, headsOf } from "./columns.ts";
import { documentFiles } from "./document-files.ts";
import { type Block, type Document, type Sheet, type Text, strong } from "./document.ts";
import { type FlowRow, flowRows } from "./flow-rows.ts";
import { addressesOf, descriptionOf, flowRuns, placeWords, portsOf, sourceWords, untilOf } from "./flow-words.ts";
import { type ReviewState, reviewState } from "./review.ts";
import { usedSources } from "./used-sources.ts";
import type { ColumnName, Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("review-record", subject, reviewRecord);
}

const TERMS = ["owner", "reason", "approver", "reviewed", "nextReview", "review", "decision"] as const;
const READ: readonly ColumnName[] = ["number", "source", "destination", "port", "description", "until", ...TERMS];
const SHEET: readonly ColumnName[] = ["flow", "source", "destination", "port", "description", "until", ...TERMS];

function reviewRecord(subject: Subject, words: Words): Document {
  const rows = flowRows(subject);
  const { review, frame } = words;
  return {
    title: review.title,
    wide: true,
    sheet: sheetOf(rows, subject, words),
    blocks: [
      { kind: "paragraph", text: review.intro },
      { kind: "notice", text: frame.unencrypted },
      ...(rows.length === 0
        ? [{ kind: "paragraph", text: review.nothing } as const]
        : [summary(rows, subject, words), ...sources(subject, rows, words), ...rights(rows, subject, words)]),
      { kind: "heading", level: 2, text: review.questions },
      { kind: "list", items: review.questionList },
      { kind: "heading", level: 2, text: review.signatures },
      signatures(words),
    ],
  };
}

function summary(rows: readonly FlowRow[], { date }: Subject, { review }: Words): Block {
  const count: Record<ReviewState, number> = { overdue: 0, never: 0, "in-order": 0 };
  for (const row of rows) count[reviewState(row, date)] += 1;
  return { kind: "paragraph", text: review.summary(count) };
}

/** Each source by itself: its addresses are reviewed, too. */
function sources(subject: Subject, rows: readonly FlowRow[], words: Words): readonly Block[] {
  return [
    { kind: "heading", level: 2, text: words.review.sources },
    {
      kind: "table",
      caption: words.review.sourcesCaption,
      columns: columnsOf(["number", "source", "addresses", ...TERMS], words),
      rows: usedSources(subject, rows).map(({ sign, source }) => [
        sign,
        sourceWords(source, words),
        addressesOf(source),
        ...termsOf(source, subject.date, words),
      ]),
    },
  ];
}

function rights(rows: readonly FlowRow[], { date }: Subject, words: Words): readonly Block[] {
  return [
    { kind: "heading", level: 2, text: words.review.flows },
    {
      kind: "table",
      caption: words.review.flowsCaption,
      columns: columnsOf(READ, words),
      rows: flowRuns(rows).map((run, index) => [
        String(index + 1),
        sourceWords(run.first.source, words),
        placeWords(run.first.place, words),
        portsOf(run),
        descriptionOf(run, words),
        untilOf(run.first),
        ...termsOf(run.first, date, words),
      ]),
    },
  ];
}

/** The decision is left to be written. */
function termsOf(about: Accountability, date: string, { things }: Words): readonly Text[] {
  const { owner = "", reason = "", approver = "", reviewed = "", nextReview = "" } = about;
  const state = reviewState(about, date);
  const said = things.reviews[state];
  return [owner, reason, approver, reviewed, nextReview, state === "in-order" ? said : [strong(said)], ""];
}

function sheetOf(rows: readonly FlowRow[], { date }: Subject, words: Words): Sheet {
  return {
    columns: headsOf(SHEET, words),
    rows: rows.map((row) => {
      const { owner = "", reason = "", approver = "", reviewed = "", nextReview = "" } = row;
      const where = [row.flow, row.source.name, placeWords(row.place, words), String(row.port)];
      const what = [descriptionOf({ first: row, last: row }, words), untilOf(row)];
      const state = words.things.reviews[reviewState(row, date)];
      return [...where, ...what, owner, reason, approver, reviewed, nextReview, state, ""];
    }),
  };
}

function signatures({ review }: Words): Block {
  return {
    kind: "table",
    caption: review.signaturesCaption,
    columns: [review.role, review.name, review.day, review.signature].map((head, at) => ({ head, blank: at > 0 })),
    rows: review.roles.map((role) => [role, "", "", ""]),
  };
}
