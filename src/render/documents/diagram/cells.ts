/** A frame of equal cells, row by row. */
import { type Box, SHADE, box, label } from "./shapes.ts";

export interface Grid {
  readonly frame: Box;
  readonly title: string;
  readonly columns: number;
  readonly cellHeight: number;
}

const GAP = 6;
const HEAD = 30;

/** How high a frame for so many cells is. */
export function gridHeight(count: number, columns: number, cellHeight: number): number {
  return HEAD + Math.ceil(count / columns) * (cellHeight + GAP) + GAP;
}

export function grid<Item>(
  { frame, title, columns, cellHeight }: Grid,
  items: readonly Item[],
  draw: (item: Item, cell: Box) => readonly string[],
): readonly string[] {
  const width = Math.floor((frame.width - GAP) / columns) - GAP;
  return [
    box(frame, { fill: SHADE }),
    label(frame.x + 10, frame.y + 20, title, { bold: true, within: frame.width - 20 }),
    ...items.flatMap((item, index) => {
      const x = frame.x + GAP + (index % columns) * (width + GAP);
      const y = frame.y + HEAD + Math.floor(index / columns) * (cellHeight + GAP);
      const cell = { x, y, width, height: cellHeight };
      return [box(cell), ...draw(item, cell)];
    }),
  ];
}
