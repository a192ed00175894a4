/**
 * A sheet as CSV (RFC 4180), for the spreadsheet of the language's readers.
 *
 * French ones separate columns by semicolons, for the comma is their decimal point, and take a file for UTF-8 only by its
 * byte order mark; the English form is plain, as programs read it. A cell that a spreadsheet would take for a formula gets
 * an apostrophe before it (OWASP, "CSV Injection").
 */
import type { Language, Sheet } from "./document.ts";

export function csv({ columns, rows }: Sheet, language: Language): string {
  const [mark, separator] = language === "fr" ? ["\uFEFF", ";"] : ["", ","];
  const line = (cells: readonly string[]): string =>
    `${cells.map((cell) => quoted(harmless(cell))).join(separator)}\r\n`;
  return mark + [columns, ...rows].map(line).join("");
}

/** A letter, a digit and most signs mean themselves. */
function harmless(cell: string): string {
  return /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
}

function quoted(cell: string): string {
  return /[",;\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
