/** The overview: all sources, the gateway, the tunnel, every depot, and the back-end machines with their services. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Depot, Machine } from "../../../inventory/model.ts";
import { depotNetwork } from "../../../inventory/numbering.ts";
import type { Subject } from "../../subject.ts";
import { sourceWords } from "../flow-words.ts";
import { formatEndpoint } from "../place.ts";
import type { Words } from "../words.ts";
import { grid, gridHeight } from "./cells.ts";
import { type Box, SIGN, SOFT, label, picture } from "./shapes.ts";
import type { Signs } from "./signs.ts";
import {
  INNER,
  MARGIN,
  WIDTH,
  arrowFromSources,
  drawDown,
  drawWay,
  hasCallback,
  sourcesColumn,
  sourcesHeight,
  wayHeight,
} from "./way.ts";

const ID = "overview";
const GAP = 44;
const DEPOT_HEIGHT = 62;
const SERVICE_HEIGHT = 20;
const HOST_COLUMNS = 3;

/** One of the frames right of the sources, from top to bottom. */
interface Part {
  readonly height: number;
  readonly draw: (top: number) => readonly string[];
}

export function overview(subject: Subject, signs: Signs, words: Words): string {
  const context = { subject, signs, words };
  const hosts = hostsPart(context);
  const parts = [...wayPart(context), ...depotsPart(context), ...hosts];
  const own = sourcesHeight(signs.sources.length);
  const height = Math.max(
    own,
    parts.reduce((sum, part) => sum + part.height + GAP, -GAP),
  );
  let top = MARGIN;
  const drawn = parts.flatMap((part) => {
    const elements = part.draw(top);
    top += part.height + GAP;
    return elements;
  });
  const { diagram } = words;
  return picture(
    {
      id: ID,
      width: WIDTH,
      height: MARGIN + height + MARGIN,
      title: diagram.overview,
      description: descriptionOf(subject, signs, words),
    },
    // The arrow to the machines begins at the sources' frame, too.
    [...sourcesColumn(signs.sources, hosts.length === 0 ? own : height, words), ...drawn],
  );
}

/** None where the gateway relays nothing. */
function wayPart({ subject, signs, words }: Context): readonly Part[] {
  if (subject.policy.doors.size === 0) return [];
  const way = wayOf(subject, signs, words);
  const hasDepots = subject.inventory.depots.length > 0;
  return [{ height: wayHeight(way), draw: () => drawWay(way, subject, words, hasDepots) }];
}

function depotsPart(context: Context): readonly Part[] {
  const { inventory, policy } = context.subject;
  const count = inventory.depots.length;
  if (count === 0) return [];
  const columns = count <= 8 ? 4 : 8;
  const height = gridHeight(count, columns, DEPOT_HEIGHT);
  const callback = hasCallback(policy);
  const title = context.words.diagram.depots;
  return [
    {
      height,
      draw: (y) => [
        ...drawDown(ID, y - GAP, y, callback),
        ...grid(
          { frame: { ...INNER, y, height }, title, columns, cellHeight: DEPOT_HEIGHT },
          inventory.depots,
          (depot, cell) => depotCell(depot, cell, context),
        ),
      ],
    },
  ];
}

function hostsPart({ subject, signs, words }: Context): readonly Part[] {
  const hosts = machinesWithServices(subject);
  if (hosts.length === 0) return [];
  const cellHeight = 34 + Math.max(...hosts.map(({ services }) => services.length)) * SERVICE_HEIGHT;
  const height = gridHeight(hosts.length, HOST_COLUMNS, cellHeight);
  const title = words.diagram.backEnd;
  return [
    {
      height,
      draw: (y) => [
        ...arrowFromSources(ID, y + height / 2),
        ...grid({ frame: { ...INNER, y, height }, title, columns: HOST_COLUMNS, cellHeight }, hosts, (host, cell) =>
          hostBox(host, cell, signs),
        ),
      ],
    },
  ];
}

interface Context {
  readonly subject: Subject;
  readonly signs: Signs;
  readonly words: Words;
}

function depotCell(depot: Depot, { x, y, width }: Box, { subject, signs, words }: Context): readonly string[] {
  const within = width - 14;
  const network = formatNetwork(depotNetwork(subject.inventory.gateway.terminals.network, depot.number));
  const count = words.diagram.terminalCount(depot.terminals.length);
  return [
    label(x + 7, y + 19, `${depot.number}${depot.name === undefined ? "" : ` ${depot.name}`}`, { bold: true, within }),
    label(x + 7, y + 36, network, { size: 12, fill: SOFT, within }),
    label(x + 7, y + 53, count, { size: 12, within: 56 }),
    label(x + width - 7, y + 53, signs.ofDepot(depot), {
      size: 12,
      bold: true,
      fill: SIGN,
      anchor: "end",
      within: within - 58,
    }),
  ];
}

interface Host {
  readonly machine: Machine;
  readonly services: readonly { readonly name: string; readonly port: number; readonly id: string }[];
}

/** Besides services, whatever else listens on a machine. */
function machinesWithServices({ inventory, policy }: Subject): readonly Host[] {
  return inventory.machines
    .map((machine) => ({
      machine,
      services: policy.flows.flatMap((flow) =>
        flow.kind === "local"
          ? flow.endpoints
              .filter(({ address }) => address === machine.address)
              .map(({ port }) => ({ name: flow.id.replace(/^(?:service|flow)\//, ""), port, id: flow.id }))
          : [],
      ),
    }))
    .filter(({ services }) => services.length > 0);
}

function hostBox({ machine, services }: Host, { x, y, width }: Box, signs: Signs): readonly string[] {
  return [
    label(x + 8, y + 20, `${machine.name} ${formatAddress(machine.address)}`, { bold: true, within: width - 16 }),
    ...services.flatMap(({ name, port, id }, index) => {
      const line = y + 42 + index * SERVICE_HEIGHT;
      return [
        label(x + 8, line, `:${port} ${name}`, { size: 12, within: width - 100 }),
        label(x + width - 8, line, signs.ofFlow(id), { size: 12, bold: true, fill: SIGN, anchor: "end", within: 84 }),
      ];
    }),
  ];
}

function wayOf(subject: Subject, signs: Signs, { diagram, things }: Words) {
  const { policy } = subject;
  const terminals = policy.flows.filter(({ position }) => position !== undefined);
  const ports = terminals.flatMap(({ endpoints: [first] }) => (first === undefined ? [] : [first.port]));
  const others = policy.flows.filter((flow) => flow.kind === "relayed" && flow.position === undefined);
  const lines = others.flatMap((flow) =>
    flow.kind === "relayed"
      ? [
          `:${flow.endpoints[0]?.port ?? ""} → ${formatEndpoint(flow.target)} ${flow.id.slice(5)} ${signs.ofFlow(flow.id)}`,
        ]
      : [],
  );
  const shown = lines.slice(0, MOST_OTHERS);
  const more = lines.length > shown.length ? [things.more(lines.length - shown.length)] : [];
  return {
    id: ID,
    lines:
      ports.length === 0
        ? []
        : [diagram.ports(`${Math.min(...ports)}-${Math.max(...ports)}`), diagram.terminalCount(terminals.length)],
    others: [...shown, ...more],
    callback: hasCallback(policy),
  };
}

const MOST_OTHERS = 12;

/** For who cannot see it. */
function descriptionOf({ inventory }: Subject, { sources }: Signs, words: Words): string {
  const names = sources.map(({ sign, source }) => `${sign} ${sourceWords(source, words)}`).join(", ");
  const depots = inventory.depots.map(({ number, name }) => words.things.depot(number, name)).join("; ");
  return [words.diagram.overviewCaption, names, depots].filter((part) => part !== "").join(". ");
}
