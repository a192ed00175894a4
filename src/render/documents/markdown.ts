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
      return inline(block.text);
    case "notice":
      return `> ${inline(block.text)}`;
    case "list":
      return block.items.map((item, index) => `${block.ordered ? `${index + 1}.` : "-"} ${inline(item)}`).join("\n");
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

function piece(one: Piece): string {
  if (typeof one === "string") return escaped(one);
  if ("strong" in one) return `**${escaped(one.strong)}**`;
  if ("code" in one) return codeSpan(one.code);
  return `[${escaped(one.shown)}](<${one.link.replaceAll(/[<>\s\\]/g, encodeURIComponent)}>)`;
}

/**
 * Every sign that could begin markup is escaped, the pipe that would end a cell too; so is what a bare address would be
 * made a link by, and at the beginning what would make a list.
 */
function escaped(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, " ")
    .replaceAll(/[\\`*_[\]<>|#~&@]|:(?=\/\/)|(?<=www)\./gi, "\\$&")
    .replace(/^(?:[-+=]|\d+(?=[.)]))/, (sign) => (/\d/.test(sign) ? `${sign}\\` : `\\${sign}`));
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
