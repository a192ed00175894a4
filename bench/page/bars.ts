/** A bar per subject: its median, and a line from the least to the greatest of its rounds. */
import { escaped, marked, shown } from "./markup.ts";
import { ticks } from "./scale.ts";

export interface Bar {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  /** To the reference. */
  readonly ratio?: number;
  readonly ours: boolean;
}

const [WIDTH, LEFT, RIGHT, ROW, AXIS] = [760, 150, 130, 24, 22] as const;

/** `title` is read out instead of the picture. */
export function barsOf(title: string, bars: readonly Bar[]): string {
  const all = ticks(Math.max(...bars.map(({ greatest }) => greatest)), 5);
  const most = all.at(-1) ?? 1;
  const x = (value: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * value) / most;
  const height = bars.length * ROW + AXIS;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    ...all.map((value) => tick(x(value), value, height)),
    ...bars.map((bar, index) => row(bar, index * ROW, x)),
    "</svg>",
  ].join("\n");
}

function tick(x: number, value: number, height: number): string {
  const at = x.toFixed(1);
  return `<line class="grid" x1="${at}" x2="${at}" y1="0" y2="${height - AXIS}"/><text class="tick" x="${at}" y="${height - 6}">${marked(value)}</text>`;
}

function row({ name, median, least, greatest, ratio, ours }: Bar, y: number, x: (value: number) => number): string {
  const middle = y + ROW / 2;
  const [from, to, end] = [x(least).toFixed(1), x(greatest).toFixed(1), x(greatest) + 8];
  const factor = ratio === undefined || !Number.isFinite(ratio) ? "" : ` (x${ratio.toFixed(2)})`;
  return [
    `<text class="name" x="${LEFT - 8}" y="${middle + 4}">${escaped(name)}</text>`,
    `<rect class="bar${ours ? " ours" : ""}" x="${LEFT}" y="${y + 4}" width="${(x(median) - LEFT).toFixed(1)}" height="${ROW - 8}"/>`,
    `<line class="range" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`,
    `<text class="value" x="${end.toFixed(1)}" y="${middle + 4}">${shown(median)}${factor}</text>`,
  ].join("");
}
