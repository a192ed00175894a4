/** The way that overview and depot pages share: sources on the left, then gateway, tunnel and subnet routers. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Policy } from "../../../policy/policy.ts";
import type { Subject } from "../../subject.ts";
import { sourceWords } from "../flow-words.ts";
import type { SignedSource } from "../used-sources.ts";
import type { Words } from "../words.ts";
import { type Box, GATEWAY, SHADE, SIGN, SOFT, TUNNEL, arrow, box, label } from "./shapes.ts";

export const WIDTH = 1400;
export const MARGIN = 20;
/** Right of the sources. */
export const INNER: Pick<Box, "x" | "width"> = { x: 370, width: WIDTH - 370 - MARGIN };
const SOURCES_WIDTH = 270;
const SOURCE_HEIGHT = 58;
const LOWEST = 150;

/** How high the sources' column must be; never so low that the arrow to the gateway would begin below it. */
export function sourcesHeight(count: number): number {
  return Math.max(LOWEST, 40 + count * (SOURCE_HEIGHT + 8));
}

export function sourcesColumn(sources: readonly SignedSource[], height: number, words: Words): readonly string[] {
  const frame = { x: MARGIN, y: MARGIN, width: SOURCES_WIDTH, height };
  return [
    box(frame, { fill: SHADE }),
    label(frame.x + 10, frame.y + 22, words.diagram.sources, { bold: true }),
    ...sources.flatMap(({ sign, source }, index) => {
      const cell = {
        x: frame.x + 8,
        y: frame.y + 34 + index * (SOURCE_HEIGHT + 8),
        width: frame.width - 16,
        height: SOURCE_HEIGHT,
      };
      const [first, second, ...rest] = source.networks.map(formatNetwork);
      const more = rest.length === 0 ? (second ?? "") : `${second ?? ""}, ${words.things.more(rest.length)}`;
      const within = cell.width - 56;
      return [
        box(cell),
        label(cell.x + 10, cell.y + 24, sign, { bold: true, fill: SIGN, size: 15 }),
        label(cell.x + 48, cell.y + 19, sourceWords(source, words), { bold: true, within }),
        label(cell.x + 48, cell.y + 35, first ?? "", { size: 12, fill: SOFT, within }),
        label(cell.x + 48, cell.y + 50, more, { size: 12, fill: SOFT, within }),
      ];
    }),
  ];
}

export interface Way {
  readonly id: string;
  /** What the gateway's box says below its address. */
  readonly lines: readonly string[];
  /** Flows other than terminals, with the signs of their sources. */
  readonly others: readonly string[];
  /** Whether something comes back from the terminals. */
  readonly callback: boolean;
}

const GATEWAY_WIDTH = 350;
const ROUTER = { x: 1110, width: 270 } as const;

/** How high the gateway's box must be. */
export function wayHeight({ lines, others }: Pick<Way, "lines" | "others">): number {
  return Math.max(LOWEST, 66 + (lines.length + others.length + (others.length > 0 ? 1 : 0)) * 19);
}

/** Sources to gateway, and on to the routers where there are depots. */
export function drawWay(way: Way, subject: Subject, words: Words, hasDepots: boolean): readonly string[] {
  const height = wayHeight(way);
  // However high the boxes are: at the height of the first sources.
  const middle = MARGIN + LOWEST / 2;
  const start = MARGIN + SOURCES_WIDTH;
  return [
    ...arrowFromSources(way.id, middle - 8),
    ...(way.callback ? [arrow(way.id, [INNER.x, middle + 14], [start + 2, middle + 14])] : []),
    ...gatewayBox(way, height, subject, words),
    ...(hasDepots ? tunnel(way, { middle, height }, subject, words) : []),
  ];
}

function gatewayBox({ lines, others }: Way, height: number, { inventory }: Subject, words: Words): readonly string[] {
  const frame = { ...INNER, y: MARGIN, width: GATEWAY_WIDTH, height };
  const { things, diagram } = words;
  const list = [
    ...lines.map((text) => ({ text, bold: false })),
    ...(others.length === 0 ? [] : [{ text: diagram.others, bold: true }]),
    ...others.map((text) => ({ text, bold: false })),
  ];
  return [
    box(frame, { fill: GATEWAY }),
    label(frame.x + 12, frame.y + 24, `Ecluse, ${things.gateway}`, { bold: true, size: 15 }),
    label(frame.x + 12, frame.y + 43, formatAddress(inventory.gateway.address), { bold: true }),
    ...list.map(({ text, bold }, index) =>
      label(frame.x + 12, frame.y + 64 + index * 19, text, { bold, size: 12, within: frame.width - 24 }),
    ),
  ];
}

interface Row {
  readonly middle: number;
  readonly height: number;
}

function tunnel(
  { id, callback }: Way,
  { middle, height }: Row,
  { inventory }: Subject,
  words: Words,
): readonly string[] {
  const { diagram } = words;
  const from = INNER.x + GATEWAY_WIDTH;
  const pipe = { x: from, y: middle - 38, width: ROUTER.x - from, height: 76 };
  const centre = pipe.x + pipe.width / 2;
  const { interface: name, routers } = inventory.gateway.tunnel;
  // What a tunnel does is known of those that are nothing else (WireGuard, Tailscale).
  const isEncrypted = /^(?:tailscale|wg)/.test(name);
  return [
    box(pipe, { fill: isEncrypted ? TUNNEL : SHADE, dashed: true }),
    label(centre, middle - 46, diagram.tunnel(name), { anchor: "middle", bold: true, within: pipe.width }),
    label(centre, middle - 14, isEncrypted ? diagram.encrypted : diagram.clear, {
      anchor: "middle",
      size: 12,
      within: pipe.width - 12,
    }),
    arrow(id, [pipe.x, middle], [ROUTER.x - 2, middle]),
    ...(callback ? [arrow(id, [ROUTER.x, middle + 22], [pipe.x + 2, middle + 22])] : []),
    box({ ...ROUTER, y: MARGIN, height }),
    label(ROUTER.x + 12, MARGIN + 24, diagram.router, { bold: true, within: ROUTER.width - 24 }),
    ...(routers.length === 0 ? [diagram.noRouter] : routers.map(formatAddress))
      .slice(0, Math.floor((height - 40) / 18))
      .map((text, index) => label(ROUTER.x + 12, MARGIN + 46 + index * 18, text)),
  ];
}

/** From the routers down to the frame of what lies behind them. */
export function drawDown(id: string, from: number, to: number, callback: boolean): readonly string[] {
  const x = ROUTER.x + ROUTER.width / 2;
  return [arrow(id, [x, from], [x, to - 2]), ...(callback ? [arrow(id, [x + 24, to], [x + 24, from + 2])] : [])];
}

/** Whether something goes from the terminals to somewhere. */
export function hasCallback({ flows }: Policy): boolean {
  return flows.some(({ kind, direction }) => kind === "relayed" && direction === "terminal-to-till");
}

/** To a frame right of them, at a height. */
export function arrowFromSources(id: string, y: number): readonly string[] {
  const start = MARGIN + SOURCES_WIDTH;
  return [
    arrow(id, [start, y], [INNER.x - 2, y]),
    label((start + INNER.x) / 2, y - 8, "TCP", { anchor: "middle", size: 12 }),
  ];
}
