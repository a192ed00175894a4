/** One depot: its terminals, the port by which each is reached, and by whom. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Depot, Terminal } from "../../../inventory/model.ts";
import { depotNetwork, plannedAddress, publicPortOf, terminalId } from "../../../inventory/numbering.ts";
import type { Subject } from "../../subject.ts";
import { sourceWords } from "../flow-words.ts";
import type { Words } from "../words.ts";
import { grid, gridHeight } from "./cells.ts";
import { type Box, SIGN, SOFT, label, picture } from "./shapes.ts";
import type { Signs } from "./signs.ts";
import { INNER, MARGIN, WIDTH, drawDown, drawWay, sourcesColumn, sourcesHeight, wayHeight } from "./way.ts";

const GAP = 44;
const CELL_HEIGHT = 54;

export function depotPage(depot: Depot, subject: Subject, signs: Signs, words: Words): string {
  const id = `depot${String(depot.number).padStart(2, "0")}`;
  const sources = signs.sourcesOf(depot);
  const network = formatNetwork(depotNetwork(subject.inventory.gateway.terminals.network, depot.number));
  const { port } = subject.inventory.gateway.terminals;
  const title = `${words.things.depot(depot.number)}, ${words.diagram.depotNetwork(network, port)}`;
  const frameTitle = depot.name === undefined ? title : `${title} (${depot.name})`;
  const ports = depot.terminals.map(({ number }) => publicPortOf({ depot: depot.number, terminal: number }));
  const way = {
    id,
    lines: [
      words.diagram.ports(`${Math.min(...ports)}-${Math.max(...ports)}`),
      words.diagram.terminalCount(ports.length),
    ],
    others: [],
    callback: false,
  };
  const columns = ports.length <= 12 ? 4 : 9;
  const top = MARGIN + wayHeight(way) + GAP;
  const height = gridHeight(ports.length, columns, CELL_HEIGHT);
  const bottom = Math.max(top + height, MARGIN + sourcesHeight(sources.length));
  return picture(
    { id, width: WIDTH, height: bottom + MARGIN, title, description: descriptionOf(depot, sources, words) },
    [
      ...sourcesColumn(sources, sourcesHeight(sources.length), words),
      ...drawWay(way, subject, words, true),
      ...drawDown(id, MARGIN + wayHeight(way), top, false),
      ...grid(
        { frame: { ...INNER, y: top, height }, title: frameTitle, columns, cellHeight: CELL_HEIGHT },
        depot.terminals,
        (terminal, cell) => terminalCell(terminal, cell, { depot, subject, signs, words }),
      ),
    ],
  );
}

interface Context {
  readonly depot: Depot;
  readonly subject: Subject;
  readonly signs: Signs;
  readonly words: Words;
}

function terminalCell(terminal: Terminal, { x, y, width }: Box, context: Context): readonly string[] {
  const { depot, signs, words } = context;
  const position = { depot: depot.number, terminal: terminal.number };
  const name = words.things.terminals(terminal.number, terminal.number);
  const doors = [publicPortOf(position), ...terminal.aliases].map((port) => `:${port}`).join(" ");
  const within = width - 14;
  return [
    label(x + 7, y + 17, name, { bold: true, within: 60 }),
    label(x + width - 7, y + 17, signs.ofFlow(terminalId(position)), {
      size: 12,
      bold: true,
      fill: SIGN,
      anchor: "end",
      within: within - 60,
    }),
    label(x + 7, y + 33, `${doors} → ${shortAddress(terminal, context)}`, { size: 12, within }),
    label(x + 7, y + 48, terminal.label ?? "", { size: 11, fill: SOFT, within }),
  ];
}

/** Where the plan puts it, the last number says it all. */
function shortAddress({ number, address, port }: Terminal, { depot, subject }: Context): string {
  const plan = subject.inventory.gateway.terminals;
  const planned = plannedAddress(plan.network, plan.firstHost, { depot: depot.number, terminal: number });
  const host = address === planned ? `.${address & 255}` : formatAddress(address);
  return port === plan.port ? host : `${host}:${port}`;
}

function descriptionOf(depot: Depot, sources: ReturnType<Signs["sourcesOf"]>, words: Words): string {
  const names = sources.map(({ sign, source }) => `${sign} ${sourceWords(source, words)}`).join(", ");
  const caption = words.diagram.depotCaption(words.things.depot(depot.number, depot.name));
  return [caption, names].filter((part) => part !== "").join(". ");
}
