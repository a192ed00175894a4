/** What every document bears, whatever it says: where it comes from, whom to ask, and what is done against the rules. */
import { formatAddress } from "@ecluse/guard/address";
import type { Person } from "../../inventory/model.ts";
import type { Subject } from "../subject.ts";
import { type Block, type Document, type Piece, type Text, code } from "./document.ts";
import { type OffPlan, terminalsOffPlan } from "./off-plan.ts";
import type { Run } from "./runs.ts";
import type { Words } from "./words.ts";

export function framed(document: Document, subject: Subject, words: Words): Document {
  const { frame } = words;
  return {
    ...document,
    blocks: [
      { kind: "facts", rows: origin(subject, words) },
      ...document.blocks,
      { kind: "heading", level: 2, text: frame.exceptions },
      ...exceptions(subject, words),
      { kind: "paragraph", text: frame.live },
    ],
  };
}

function origin({ inventory: { contact }, file, version, date }: Subject, { frame }: Words): [string, Text][] {
  const { support, emergency, documentation } = contact;
  return [
    [frame.inventory, frame.version(file, version.slice(0, 12))],
    [frame.asOf, date],
    ...(support === undefined ? [] : [[frame.support, person(support)] as [string, Text]]),
    ...(emergency === undefined ? [] : [[frame.emergency, person(emergency)] as [string, Text]]),
    ...(documentation === undefined
      ? []
      : [[frame.documentation, [{ link: documentation, shown: documentation }]] as [string, Text]]),
  ];
}

function person({ name, email, phone }: Person): Text {
  const pieces: Piece[] = [name];
  if (email !== undefined) pieces.push(", ", { link: `mailto:${email}`, shown: email });
  if (phone !== undefined) pieces.push(", ", { link: `tel:${phone.replaceAll(/[^\d+]/g, "")}`, shown: phone });
  return pieces;
}

function exceptions(subject: Subject, words: Words): readonly Block[] {
  const list = [...allowed(subject, words), ...offPlan(subject, words)];
  return list.length === 0 ? [{ kind: "paragraph", text: words.frame.noExceptions }] : list;
}

function allowed({ inventory }: Subject, { frame, columns }: Words): readonly Block[] {
  if (inventory.exceptions.length === 0) return [];
  return [
    {
      kind: "table",
      caption: frame.exceptionsCaption,
      columns: [
        { head: columns.subject },
        { head: columns.rule },
        { head: columns.reason },
        { head: columns.until, compact: true },
      ],
      rows: inventory.exceptions.map(({ rule, on, reason, until = "" }) => [
        [code(on)],
        [code(rule), ` (${frame.rules[rule]})`],
        reason,
        until,
      ]),
    },
  ];
}

function offPlan(subject: Subject, words: Words): readonly Block[] {
  const runs = terminalsOffPlan(subject);
  if (runs.length === 0) return [];
  return [
    {
      kind: "table",
      caption: words.frame.offPlanCaption,
      columns: [{ head: words.columns.terminals }, { head: words.frame.difference }],
      rows: runs.map((run) => [
        words.things.terminalsOf(run.first.position.depot, run.first.position.terminal, run.last.position.terminal),
        difference(run, words),
      ]),
    },
  ];
}

function difference({ first: { address, port, aliases } }: Run<OffPlan>, { frame }: Words): string {
  return [
    ...(address === undefined ? [] : [frame.otherAddress(formatAddress(address.is), formatAddress(address.planned))]),
    ...(port === undefined ? [] : [frame.otherPort(port.is, port.planned)]),
    ...aliases.map(frame.alias),
  ].join(", ");
}
