/** The overview: all sources, the gateway, the tunnel, every depot, and the back-end machines with their services. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Depot, Machine } from "../../../inventory/model.ts";
import { depotNetwork } from "../../../inventory/numbering.ts";
import type { Subject } from "../../subject.ts";
import { sourceWords } from "../flow-words.ts";
import { formatEndpoint } from "../place.ts";
import type { Words } from "../words.ts";
import { grid, gridHeight } from "./cells.ts";
import { type Box, SIGN, SOFT, arrow, label, picture } from "./shapes.ts";
import type { Signs } from "./signs.ts";
import { INNER, MARGIN, WIDTH, drawDown, drawWay, isCallback, sourcesColumn, sourcesHeight, wayHeight } from "./way.ts";

const ID = "overview";
const GAP = 44;
const DEPOT_HEIGHT = 62;
const SERVICE_HEIGHT = 20;

export function overview(subject: Subject, signs: Signs, words: Words): string {
  const { inventory } = subject;
  const way = wayOf(subject, signs, words);
  const columns = inventory.depots.length <= 8 ? 4 : 7;
  const hosts = machinesWithServices(subject);
  const depotsTop = MARGIN + wayHeight(way) + GAP;
  const depotsHeight = inventory.depots.length === 0 ? 0 : gridHeight(inventory.depots.length, columns, DEPOT_HEIGHT);
  const hostsTop = inventory.depots.length === 0 ? depotsTop : depotsTop + depotsHeight + GAP;
  const hostCell = 34 + Math.max(0, ...hosts.map(({ services }) => services.length)) * SERVICE_HEIGHT;
  const hostsHeight = hosts.length === 0 ? -GAP : gridHeight(hosts.length, HOST_COLUMNS, hostCell);
  const bottom = Math.max(
    inventory.depots.length === 0 ? MARGIN + wayHeight(way) : depotsTop + depotsHeight,
    hosts.length === 0 ? 0 : hostsTop + hostsHeight,
    MARGIN + sourcesHeight(signs.sources.length),
  );
  const depotsFrame = { ...INNER, y: depotsTop, height: depotsHeight };
  const hostsFrame = { ...INNER, y: hostsTop, height: hostsHeight };
  return picture(
    {
      id: ID,
      width: WIDTH,
      height: bottom + MARGIN,
      title: words.diagram.overview,
      description: descriptionOf(subject, signs, words),
    },
    [
      ...sourcesColumn(signs.sources, bottom - MARGIN, words),
      ...drawWay(way, subject, words, inventory.depots.length > 0),
      ...(inventory.depots.length === 0
        ? []
        : [
            ...drawDown(ID, MARGIN + wayHeight(way), depotsTop, way.callback),
            ...grid(
              { frame: depotsFrame, title: words.diagram.depots, columns, cellHeight: DEPOT_HEIGHT },
              inventory.depots,
              (depot, cell) => depotCell(depot, cell, { subject, signs, words }),
            ),
          ]),
      ...(hosts.length === 0
        ? []
        : [
            arrow(ID, [MARGIN + 270, hostsTop + hostsHeight / 2], [INNER.x - 2, hostsTop + hostsHeight / 2]),
            label((MARGIN + 270 + INNER.x) / 2, hostsTop + hostsHeight / 2 - 8, "TCP", { anchor: "middle", size: 12 }),
            ...grid(
              { frame: hostsFrame, title: words.diagram.backEnd, columns: HOST_COLUMNS, cellHeight: hostCell },
              hosts,
              (host, cell) => hostBox(host, cell, signs),
            ),
          ]),
    ],
  );
}

const HOST_COLUMNS = 3;

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

function wayOf(subject: Subject, signs: Signs, { diagram }: Words) {
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
  const more = lines.length > shown.length ? [diagram.more(lines.length - shown.length)] : [];
  return {
    id: ID,
    lines:
      ports.length === 0
        ? []
        : [diagram.ports(`${Math.min(...ports)}-${Math.max(...ports)}`), diagram.terminalCount(terminals.length)],
    others: [...shown, ...more],
    callback: policy.flows.some((flow) => flow.kind === "relayed" && isCallback(flow)),
  };
}

const MOST_OTHERS = 12;

/** For who cannot see it. */
function descriptionOf({ inventory }: Subject, { sources }: Signs, words: Words): string {
  const names = sources.map(({ sign, source }) => `${sign} ${sourceWords(source, words)}`).join(", ");
  const depots = inventory.depots.map(({ number, name }) => words.things.depot(number, name)).join("; ");
  return [words.diagram.overviewCaption, names, depots].filter((part) => part !== "").join(". ");
}
