/**
 * SVG, as much of it as the diagrams need. Everything is a presentation attribute, for a page's policy forbids styles of
 * one's own; nothing in it is a link, a script or a picture from elsewhere.
 */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Look {
  readonly fill?: string;
  readonly stroke?: string;
  readonly dashed?: boolean;
}

export const INK = "#1b1f24";
export const SOFT = "#4a5159";
export const LINE = "#6b737b";
export const SIGN = "#0b4f94";
export const PLAIN = "#ffffff";
export const SHADE = "#f1f3f5";
export const TUNNEL = "#e3f1e6";
export const GATEWAY = "#e4eefb";

export interface Picture {
  /** Begins every id, so that several can stand in one page. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly description: string;
}

/** The whole file; ends with a newline. */
export function picture({ id, width, height, title, description }: Picture, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-description" font-family="Liberation Sans, Arial, Helvetica, sans-serif">
<title id="${id}-title">${escaped(title)}</title>
<desc id="${id}-description">${escaped(description)}</desc>
<defs><marker id="${id}-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L10 5L0 10z" fill="${INK}"/></marker></defs>
<rect width="${width}" height="${height}" fill="${PLAIN}"/>
${body.join("\n")}
</svg>
`;
}

export function box({ x, y, width, height }: Box, { fill = PLAIN, stroke = LINE, dashed = false }: Look = {}): string {
  const dashes = dashed ? ' stroke-dasharray="6 4"' : "";
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4" fill="${fill}" stroke="${stroke}"${dashes}/>`;
}

export interface Lettering {
  readonly size?: number;
  readonly bold?: boolean;
  readonly fill?: string;
  readonly anchor?: "start" | "middle" | "end";
  /** Cut to this width; the whole then stands in its tooltip. */
  readonly within?: number;
}

export function label(x: number, y: number, words: string, lettering: Lettering = {}): string {
  const { size = 13, bold = false, fill = INK, anchor = "start", within = Infinity } = lettering;
  const shown = cut(words, size * (bold ? 1.12 : 1), within);
  const tooltip = shown === words ? "" : `<title>${escaped(words)}</title>`;
  const weight = bold ? ' font-weight="bold"' : "";
  const at = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}" font-size="${size}"${weight}${at} fill="${fill}">${tooltip}${escaped(shown)}</text>`;
}

/** Along points; with its tip at the last. */
export function arrow(id: string, ...points: readonly (readonly [number, number])[]): string {
  const path = points.map(([x, y]) => `${x},${y}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${INK}" stroke-width="1.6" marker-end="url(#${id}-tip)"/>`;
}

/** By how wide letters usually are; a little generous, for fonts differ. */
function cut(words: string, size: number, within: number): string {
  const letters = Array.from(words);
  if (widthOf(letters, size) <= within) return words;
  let length = letters.length;
  while (length > 0 && widthOf([...letters.slice(0, length), "…"], size) > within) length -= 1;
  return `${letters.slice(0, length).join("").trimEnd()}…`;
}

function widthOf(letters: readonly string[], size: number): number {
  return letters.reduce((sum, letter) => sum + share(letter), 0) * size;
}

function share(letter: string): number {
  if (/[\u1100-\uffff]/.test(letter) && letter !== "→" && letter !== "…" && letter !== "’") return 1.05;
  if (/[ijl.,:;'’|!()\s]/.test(letter)) return 0.33;
  if (/[MW@mw…%]/.test(letter)) return 1.03;
  return /[A-ZÀ-Þ→&#]/u.test(letter) ? 0.78 : 0.6;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(words: string): string {
  return words.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
