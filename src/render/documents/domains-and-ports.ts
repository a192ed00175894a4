/** Domains and ports: what may be asked for by name, what listens where, and who may connect. */
import { formatAddress } from "@ecluse/guard/address";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { columnsOf, headsOf } from "./columns.ts";
import { documentFiles } from "./document-files.ts";
import type { Block, Document, Sheet } from "./document.ts";
import { descriptionOf, isNextDoor, placeWords, portsOf, sourceWords, untilOf } from "./flow-words.ts";
import { type Listener, listenersOf } from "./listeners.ts";
import { formatEndpoint } from "./place.ts";
import { runsOf } from "./runs.ts";
import type { ColumnName, Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("domains-and-ports", subject, domainsAndPorts);
}

function domainsAndPorts(subject: Subject, words: Words): Document {
  const { ports, frame } = words;
  const listeners = listenersOf(subject);
  return {
    title: ports.title,
    sheet: sheetOf(listeners, subject, words),
    blocks: [
      { kind: "paragraph", text: ports.intro },
      { kind: "notice", text: frame.unencrypted },
      { kind: "heading", level: 2, text: ports.domains },
      domains(subject, words),
      { kind: "heading", level: 2, text: ports.listeners },
      ...places(listeners, words),
    ],
  };
}

function domains({ inventory, policy }: Subject, words: Words): Block {
  const named = inventory.services.filter(({ domain }) => domain !== undefined);
  if (named.length === 0) return { kind: "paragraph", text: words.ports.noDomain };
  const endpoints = new Map(policy.flows.map(({ id, endpoints: [first] }) => [id, first && formatEndpoint(first)]));
  const columns: readonly ColumnName[] = ["domain", "service", "machine", "destination", "unit"];
  return {
    kind: "table",
    caption: words.ports.domainsCaption,
    columns: columnsOf(columns, words),
    rows: named.map(({ name, domain = "", machine, unit = "" }) => [
      domain,
      name,
      machine,
      endpoints.get(`service/${name}`) ?? "",
      unit,
    ]),
  };
}

function places(listeners: readonly Listener[], words: Words): readonly Block[] {
  const byPlace = Map.groupBy(listeners, ({ place }) => placeWords(place, words));
  return [...byPlace].map(([place, list]) => ({
    kind: "table",
    caption: words.ports.listenersCaption(place),
    columns: columnsOf(["port", "listener", "sources"], words),
    rows: runsOf(list, termsOf, isNextDoor).map((run) => [
      portsOf(run),
      descriptionOf(run, words),
      whoOf(run.first, words),
    ]),
  }));
}

/** Terminals of one depot that are open to the same. */
function termsOf({ flow, port, position, rights, target }: Listener): string {
  if (position === undefined) return `${flow} ${port}`;
  const who = rights.map(({ source, until }) => [source.name, until]);
  return JSON.stringify([position.depot, target?.port, who]);
}

function whoOf({ rights }: Listener, words: Words): string {
  if (rights.length === 0) return words.things.nobody;
  return rights
    .map((right) => `${sourceWords(right.source, words)}${right.until === undefined ? "" : ` (→ ${untilOf(right)})`}`)
    .join(", ");
}

const SHEET: readonly ColumnName[] = [
  ...(["machine", "address", "port", "protocol", "flow", "listener", "domain", "sources"] as const),
];

function sheetOf(listeners: readonly Listener[], { inventory }: Subject, words: Words): Sheet {
  const domainOf = new Map(inventory.services.map(({ name, domain = "" }) => [`service/${name}`, domain]));
  return {
    columns: headsOf(SHEET, words),
    rows: listeners.map((row) => {
      const { place, flow } = row;
      const host = place.machine ?? (place.isGateway ? words.things.gateway : "");
      const where = [host, formatAddress(place.address), String(row.port), "TCP"];
      const what = descriptionOf({ first: row, last: row }, words);
      return [...where, flow, what, domainOf.get(flow) ?? "", whoOf(row, words)];
    }),
  };
}
