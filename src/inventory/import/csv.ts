/**
 * Comma-separated values as RFC 4180 has them, and as spreadsheets write them: `;` or a tab between the cells, text in
 * quotes over several lines, a byte order mark, Excel's `sep=;`.
 *
 * Written out instead of taken from a library because every cell has to know its line and column.
 */
import { type SourceFile, type Spot } from "../tree.ts";

export interface Cell {
  readonly text: string;
  readonly at: Spot;
}

/** Rows of cells from `start` on; a line without a character is a row without cells. An open quote ends with the text. */
export function readCells(file: SourceFile, separator: string, start = 0): readonly (readonly Cell[])[] {
  const { text } = file;
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let at = start;
  while (at < text.length) {
    const { cell, end } = cellAt(file, at, separator);
    row.push(cell);
    at = end + 1;
    if (text[end] === separator && at < text.length) continue;
    if (text[end] === separator) row.push({ text: "", at: { file, offset: at } });
    rows.push(row.length === 1 && cell.text === "" ? [] : row);
    row = [];
  }
  return rows;
}

/** The cell that begins at `start`, and the offset of the separator or the line's end behind it. */
function cellAt(file: SourceFile, start: number, separator: string): { readonly cell: Cell; readonly end: number } {
  const { text } = file;
  if (text[start] !== '"') {
    const end = endFrom(text, start, separator);
    return { cell: { text: text.slice(start, end).trim(), at: { file, offset: start } }, end };
  }
  let quoted = "";
  let at = start + 1;
  for (; at < text.length; at += 1) {
    if (text[at] !== '"') quoted += text[at] ?? "";
    else if (text[at + 1] === '"') quoted += text[(at += 1)] ?? "";
    else break;
  }
  // Whatever follows a closing quote belongs to nobody; it is kept, so that the cell is judged with it.
  const end = endFrom(text, Math.min(at + 1, text.length), separator);
  return { cell: { text: (quoted + text.slice(at + 1, end)).trim(), at: { file, offset: start } }, end };
}

function endFrom(text: string, start: number, separator: string): number {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== "\n") end += 1;
  return end;
}
