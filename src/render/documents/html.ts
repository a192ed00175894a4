/**
 * A document as one HTML page: no script, nothing from elsewhere, to be read, printed and heard.
 *
 * The page's own policy (Content-Security-Policy) forbids everything but its one style sheet: a name that became markup
 * after all could load nothing and run nothing.
 */
import { createHash } from "node:crypto";
import { type Block, type Document, type Language, type Piece, type Table, type Text, piecesOf } from "./document.ts";
import { style } from "./style.ts";

export interface PageWords {
  readonly contents: string;
}

/** Without its first line, `<!doctype html>`. */
export function html(document: Document, language: Language, words: PageWords): string {
  const sheet = style(document.wide ?? false);
  const hash = createHash("sha256").update(sheet).digest("base64");
  return `<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(document.title)}</title>
<style>${sheet}</style>
</head>
<body>
<main>
<h1>${escaped(document.title)}</h1>
${bodyOf(document.blocks, words)}
</main>
</body>
</html>
`;
}

/** Below the first facts stands what the page holds, where it is long enough to get lost in. */
const CONTENTS_FROM = 5;

function bodyOf(blocks: readonly Block[], { contents }: PageWords): string {
  const heads = blocks.flatMap((block, index) =>
    block.kind === "heading" && block.level === 2 ? [{ text: block.text, index }] : [],
  );
  const links = heads.map(({ text, index }) => `<li><a href="#s${index}">${escaped(text)}</a></li>`);
  const list = `<nav aria-label="${escaped(contents)}"><ul>\n${links.join("\n")}\n</ul></nav>`;
  return blocks
    .flatMap((block, index) => [
      ...(index === heads[0]?.index && heads.length >= CONTENTS_FROM ? [list] : []),
      written(block, index),
    ])
    .join("\n");
}

function written(block: Block, index: number): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level} id="s${index}">${escaped(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${inline(block.text)}</p>`;
    case "notice":
      return `<p class="notice">${inline(block.text)}</p>`;
    case "list": {
      const name = block.ordered ? "ol" : "ul";
      return `<${name}>\n${block.items.map((item) => `<li>${inline(item)}</li>`).join("\n")}\n</${name}>`;
    }
    case "facts":
      return `<dl>\n${block.rows.map(([word, text]) => `<dt>${escaped(word)}</dt><dd>${inline(text)}</dd>`).join("\n")}\n</dl>`;
    case "code":
      return `<pre tabindex="0"><code>${escaped(block.text)}</code></pre>`;
    case "table":
      return table(block, index);
    case "figure":
      return `<figure>\n${block.svg}<figcaption>${escaped(block.caption)}</figcaption>\n</figure>`;
  }
}

/** On a narrow screen the table is moved within its own frame, by the keyboard too. */
function table({ caption, columns, rows }: Table, index: number): string {
  const classes = columns.map(({ compact, blank }) => (blank ? ' class="blank"' : compact ? ' class="compact"' : ""));
  const heads = columns.map(({ head }) => `<th scope="col">${escaped(head)}</th>`).join("");
  const row = (cells: readonly Text[]): string =>
    `<tr>${cells
      .map((cell, at) => {
        const [name, scope] = at === 0 ? ["th", ' scope="row"'] : ["td", ""];
        return `<${name}${scope}${classes[at] ?? ""}>${inline(cell, breakable)}</${name}>`;
      })
      .join("")}</tr>`;
  return `<div class="scroll" role="region" aria-labelledby="t${index}" tabindex="0">
<table>
<caption id="t${index}">${escaped(caption)}</caption>
<thead>
<tr>${heads}</tr>
</thead>
<tbody>
${rows.map(row).join("\n")}
</tbody>
</table>
</div>`;
}

function inline(text: Text, written = escaped): string {
  return piecesOf(text)
    .map((piece) => pieceOf(piece, written))
    .join("");
}

function pieceOf(piece: Piece, written: (words: string) => string): string {
  if (typeof piece === "string") return written(piece);
  if ("strong" in piece) return `<strong>${written(piece.strong)}</strong>`;
  if ("code" in piece) return `<code>${written(piece.code)}</code>`;
  return `<a href="${escaped(piece.link)}">${written(piece.shown)}</a>`;
}

/** Words are kept whole, but for those that would push a table off the paper. */
function breakable(text: string): string {
  if (!/\S{29}/.test(text)) return escaped(text);
  const parted = text.replaceAll(/\S{29,}/g, (word) => (word.match(/.{1,8}/gu) ?? []).join(BREAK));
  return escaped(parted).replaceAll(BREAK, "<wbr>");
}

/** A sign that no page may hold, and so none has. */
const BREAK = "\0";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
