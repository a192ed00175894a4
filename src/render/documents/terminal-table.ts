/** The terminal table: where each stands, how it is reached, and what it is (PCI DSS v4.0.1, 9.5.1.1). */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Depot, Terminal } from "../../inventory/model.ts";
import { depotNetwork, publicPortOf } from "../../inventory/numbering.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { columnsOf, headsOf } from "./columns.ts";
import { documentFiles } from "./document-files.ts";
import type { Block, Document, Sheet } from "./document.ts";
import { portsOf } from "./flow-words.ts";
import { runsOf } from "./runs.ts";
import type { ColumnName, Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("terminal-table", subject, terminalTable);
}

const READ: readonly ColumnName[] = [
  ...([
    "network",
    "terminal",
    "address",
    "terminalPort",
    "publicPort",
    "otherPorts",
    "model",
    "serial",
    "label",
  ] as const),
];
const SHEET: readonly ColumnName[] = ["depot", "depotName", ...READ];

function terminalTable(subject: Subject, words: Words): Document {
  const { depots } = subject.inventory;
  const { terminals } = words;
  const count = depots.reduce((sum, depot) => sum + depot.terminals.length, 0);
  const none: Block = { kind: "paragraph", text: terminals.none };
  return {
    title: terminals.title,
    sheet: sheetOf(subject, words),
    blocks:
      count === 0
        ? [none]
        : [
            { kind: "paragraph", text: terminals.intro(count, depots.length) },
            { kind: "paragraph", text: terminals.numbering },
            { kind: "heading", level: 2, text: terminals.depots },
            depotsTable(subject, words),
            ...depots.flatMap((depot) => depotBlocks(depot, subject, words)),
          ],
  };
}

function depotsTable(subject: Subject, words: Words): Block {
  const columns: readonly ColumnName[] = ["depot", "depotName", "network", "terminals", "publicPorts"];
  return {
    kind: "table",
    caption: words.terminals.depotsCaption,
    columns: columnsOf(columns, words),
    rows: subject.inventory.depots.map((depot) => [
      String(depot.number),
      depot.name ?? "",
      networkOf(depot, subject),
      String(depot.terminals.length),
      publicPorts(depot),
    ]),
  };
}

/** `10101-10102, 10105`: what lies between is not offered. */
function publicPorts({ number: depot, terminals }: Depot): string {
  const rows = terminals.map(({ number }) => ({ port: publicPortOf({ depot, terminal: number }) }));
  const runs = runsOf(
    rows,
    () => "",
    ({ port }, before) => port === before.port + 1,
  );
  return runs.map(portsOf).join(", ");
}

function depotBlocks(depot: Depot, subject: Subject, words: Words): readonly Block[] {
  const name = words.things.depot(depot.number, depot.name);
  return [
    { kind: "heading", level: 2, text: name },
    {
      kind: "table",
      caption: words.terminals.caption(name, networkOf(depot, subject)),
      columns: columnsOf(READ, words),
      rows: depot.terminals.map((terminal) => rowOf(terminal, depot, subject)),
    },
  ];
}

function sheetOf(subject: Subject, words: Words): Sheet {
  const rows = subject.inventory.depots.flatMap((depot) =>
    depot.terminals.map((each) => [String(depot.number), depot.name ?? "", ...rowOf(each, depot, subject)]),
  );
  return { columns: headsOf(SHEET, words), rows };
}

function rowOf(terminal: Terminal, depot: Depot, subject: Subject): readonly string[] {
  const { number, address, port, aliases, model = "", serial = "", label = "" } = terminal;
  return [
    networkOf(depot, subject),
    `TPE${String(number).padStart(2, "0")}`,
    formatAddress(address),
    String(port),
    String(publicPortOf({ depot: depot.number, terminal: number })),
    aliases.join(" "),
    model,
    serial,
    label,
  ];
}

function networkOf({ number }: Depot, { inventory: { gateway } }: Subject): string {
  return formatNetwork(depotNetwork(gateway.terminals.network, number));
}
