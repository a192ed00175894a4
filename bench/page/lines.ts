/** A line per subject over a few points of growth, which stand side by side: the axis says how many, and is no scale. */
import { escaped, marked, shown } from "./markup.ts";
import { ticks } from "./scale.ts";

export interface Line {
  readonly name: string;
  /** One for each point; NaN where it was not measured. */
  readonly medians: readonly number[];
  /** Its colour, of `COLOURS`. */
  readonly colour: number;
}

/** Classes `c0`, `c1`... of the page's style. */
export const COLOURS = 8;

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, AXIS] = [760, 300, 70, 170, 10, 26] as const;

/** `points` name what stands side by side. */
export function linesOf(title: string, points: readonly string[], lines: readonly Line[]): string {
  const all = ticks(Math.max(...lines.flatMap(({ medians }) => medians.filter(Number.isFinite))), 5);
  const most = all.at(-1) ?? 1;
  const x = (index: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (index + 0.5)) / points.length;
  const y = (value: number): number => TOP + (HEIGHT - TOP - AXIS) * (1 - value / most);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    ...all.map((value) => rung(y(value), value)),
    ...points.map(
      (point, index) => `<text class="tick" x="${x(index).toFixed(1)}" y="${HEIGHT - 6}">${escaped(point)}</text>`,
    ),
    ...lines.map((line) => stroke(line, x, y)),
    ...lines.map((line, index) => key(line, TOP + 8 + index * 20)),
    "</svg>",
  ].join("\n");
}

function rung(y: number, value: number): string {
  const at = y.toFixed(1);
  return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text class="name" x="${LEFT - 8}" y="${(y + 4).toFixed(1)}">${marked(value)}</text>`;
}

function stroke({ name, medians, colour }: Line, x: (index: number) => number, y: (value: number) => number): string {
  const points = medians.flatMap((value, index) =>
    Number.isFinite(value) ? [{ value, at: `${x(index).toFixed(1)},${y(value).toFixed(1)}` }] : [],
  );
  const dots = points.map(({ value, at }) => {
    const [cx, cy] = at.split(",");
    return `<circle cx="${cx}" cy="${cy}" r="4"><title>${escaped(name)}: ${shown(value)}</title></circle>`;
  });
  return `<g class="line c${colour % COLOURS}"><polyline points="${points.map(({ at }) => at).join(" ")}"/>${dots.join("")}</g>`;
}

function key({ name, colour }: Line, y: number): string {
  const x = WIDTH - RIGHT + 16;
  return `<g class="line c${colour % COLOURS}"><circle cx="${x}" cy="${y}" r="5"/></g><text class="key" x="${x + 12}" y="${y + 4}">${escaped(name)}</text>`;
}
