/**
 * A document as data: what the documents build, and what the three printers (Markdown, HTML, CSV) write.
 *
 * Texts are plain: a name of the inventory stands in them as it was written, and each printer escapes what would mean
 * something in its format.
 */

export type Language = "fr" | "en";

export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
  /** The rows of its CSV, none added up into ranges; absent: a table of it makes no sense. */
  readonly sheet?: Sheet;
  /** Printed on a page that lies on its side: its tables are wide. */
  readonly wide?: boolean;
}

export type Block =
  | { readonly kind: "heading"; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: Text }
  /** A paragraph that must not be overlooked. */
  | { readonly kind: "notice"; readonly text: Text }
  | { readonly kind: "list"; readonly items: readonly Text[]; readonly ordered?: boolean }
  /** Words and what they stand for. */
  | { readonly kind: "facts"; readonly rows: readonly (readonly [string, Text])[] }
  | { readonly kind: "code"; readonly text: string }
  | Table
  | Figure;

export interface Table {
  readonly kind: "table";
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly Text[])[];
}

export interface Column {
  readonly head: string;
  /** Short values that are read at a glance and not broken: a port, an address, a day. */
  readonly compact?: boolean;
  /** Left to be filled in by hand. */
  readonly blank?: boolean;
}

/** A picture: its own file beside the Markdown, part of the page in HTML. */
export interface Figure {
  readonly kind: "figure";
  /** Relative to the document. */
  readonly path: string;
  readonly svg: string;
  readonly caption: string;
}

export interface Sheet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export type Text = string | readonly Piece[];

export type Piece =
  string | { readonly strong: string } | { readonly code: string } | { readonly link: string; readonly shown: string };

export function code(text: string): Piece {
  return { code: text };
}

export function strong(text: string): Piece {
  return { strong: text };
}

/** A text with pieces in it: a template whose values are names, numbers, code or links. */
export function text(parts: TemplateStringsArray, ...values: readonly (Piece | number)[]): Text {
  return parts.flatMap((part, index) => {
    const value = values[index];
    return [part, ...(value === undefined ? [] : [typeof value === "number" ? String(value) : value])];
  });
}

export function piecesOf(text: Text): readonly Piece[] {
  return typeof text === "string" ? [text] : text;
}

/** A text without its emphasis, for where there can be none. */
export function plain(text: Text): string {
  return piecesOf(text).map(wordsIn).join("");
}

function wordsIn(piece: Piece): string {
  if (typeof piece === "string") return piece;
  if ("code" in piece) return piece.code;
  return "strong" in piece ? piece.strong : piece.shown;
}
