/** A document as Markdown (GitHub's tables), in which a name is never markup. */
import { type Block, type Document, type Piece, type Table, type Text, piecesOf } from "./document.ts";

export interface MarkdownWords {
  readonly colon: string;
}

export function markdown({ title, blocks }: Document, { colon }: MarkdownWords): string {
  return `${[`# ${escaped(title)}`, ...blocks.map((block) => written(block, colon))].join("\n\n")}\n`;
}

function written(block: Block, colon: string): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escaped(block.text)}`;
    case "paragraph":
      return atStart(inline(block.text));
    case "notice":
      return `> ${atStart(inline(block.text))}`;
    case "list":
      return block.items
        .map((item, index) => `${block.ordered ? `${index + 1}.` : "-"} ${atStart(inline(item))}`)
        .join("\n");
    case "facts":
      return block.rows.map(([word, text]) => `- **${escaped(word)}**${colon}${inline(text)}`).join("\n");
    case "code":
      return fenced(block.text);
    case "table":
      return table(block);
    case "figure":
      return `![${escaped(block.caption)}](${block.path})`;
  }
}

function table({ caption, columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const heads = columns.map(({ head }) => escaped(head));
  return [
    `**${escaped(caption)}**`,
    "",
    line(heads),
    line(heads.map(() => "---")),
    ...rows.map((row) => line(row.map(inline))),
  ].join("\n");
}

function inline(text: Text): string {
  return piecesOf(text).map(piece).join("");
}

/** Of a paragraph or an item: what would begin a list or a rule does not. */
function atStart(line: string): string {
  return line.replace(/^(?:[-+=]|\d+(?=[.)](?:\s|$)))/, (sign) => (/\d/.test(sign) ? `${sign}\\` : `\\${sign}`));
}

function piece(one: Piece): string {
  if (typeof one === "string") return escaped(one);
  if ("strong" in one) return `**${escaped(one.strong)}**`;
  if ("code" in one) return codeSpan(one.code);
  return `[${signsEscaped(one.shown)}](<${one.link.replaceAll(/[<>\s\\]/g, encodeURIComponent)}>)`;
}

/** No sign is markup, and no bare address becomes a link. */
function escaped(text: string): string {
  // Most cells are numbers and addresses.
  if (/^\d+(?:[./]\d+)*$/.test(text)) return text;
  return signsEscaped(text).replaceAll(/@|:(?=\/\/)|(?<=www)\./gi, "\\$&");
}

/** The pipe would end a cell. */
function signsEscaped(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ").replaceAll(/[\\`*_[\]<>|#~&]/g, "\\$&");
}

/** A pipe ends a table's cell even within a code span. */
function codeSpan(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

/** The fence is longer than any run of its sign within. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}sh\n${text}\n${fence}`;
}
