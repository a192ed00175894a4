/**
 * What `nginx -T` prints, as a tree of directives for each file, and what is kept of it: nginx's own syntax, as its
 * configuration reader takes it (src/core/ngx_conf_file.c, ngx_conf_read_token).
 */

export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  /** The file that it stands in. */
  readonly file: string;
  /** Of a block. */
  readonly inner?: readonly Directive[];
}

/** One file of the configuration; the first is the one that nginx was started with. */
export interface NginxFile {
  readonly path: string;
  readonly directives: readonly Directive[];
}

export function nginxFiles(text: string): readonly NginxFile[] {
  return text.split(/^(?=# configuration file .*:$)/m).flatMap((part) => {
    const [, path] = /^# configuration file (.*):$/m.exec(part) ?? [];
    return path === undefined ? [] : [{ path, directives: read(tokensOf(part), path) }];
  });
}

interface Token {
  readonly text: string;
  /** `word`, or the sign itself. */
  readonly kind: string;
}

/** A comment and a quote begin only where a word would; `${` belongs to the word that it stands in. */
const TOKEN = /#.*|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|[;{}]|(?:\\[^]|\$\{|[^\s;{\\])+/g;

function* tokensOf(text: string): Generator<Token> {
  for (const [all, double, single] of text.matchAll(TOKEN)) {
    if (!all.startsWith("#")) yield { text: double ?? single ?? all, kind: /^[;{}]$/.test(all) ? all : "word" };
  }
}

/** To the end of the block; a sign too many ends nothing more. */
function read(tokens: Iterator<Token>, file: string, depth = 0): readonly Directive[] {
  const list: Directive[] = [];
  let words: string[] = [];
  for (let next = tokens.next(); next.done !== true; next = tokens.next()) {
    const { kind, text } = next.value;
    if (kind === "}" && depth > 0) break;
    if (kind === "word") {
      words.push(text);
      continue;
    }
    const [name, ...rest] = words;
    const inner = kind === "{" ? { inner: read(tokens, file, depth + 1) } : {};
    if (name !== undefined) list.push({ name, words: rest, file, ...inner });
    words = [];
  }
  return list;
}

/** What says where nginx listens and whom it lets in. Anything else may hold a password. */
const KEPT = ["include", "listen", "server_name", "allow", "deny", "satisfy", "set_real_ip_from", "internal"];
const KEPT_BLOCKS = ["http", "stream", "server", "location", "limit_except"];

/** What is kept of the text of `nginx -T`, in its own syntax. */
export function keptOfNginx(text: string): string {
  return nginxFiles(text)
    .map(({ path, directives }) => `# configuration file ${path}:\n${directives.flatMap(kept).join("")}`)
    .join("");
}

function kept(directive: Directive): readonly string[] {
  const { name, inner } = directive;
  if (inner === undefined) return KEPT.includes(name) ? [`${formatDirective(directive)}\n`] : [];
  if (!KEPT_BLOCKS.includes(name)) return [];
  const words = directive.words.map(withoutTokens);
  return [`${formatOpening({ ...directive, words })}\n`, ...inner.flatMap(kept), "}\n"];
}

/** The path of a location may be known to few on purpose. */
function withoutTokens(path: string): string {
  return path.replaceAll(/[\w-]{24,}/g, "...");
}

/** `listen 192.0.2.1:80;` */
export function formatDirective(directive: Directive): string {
  return `${wordsOf(directive)};`;
}

/** `location /api/ {` */
export function formatOpening(directive: Directive): string {
  return `${wordsOf(directive)} {`;
}

function wordsOf({ name, words }: Directive): string {
  return [name, ...words.map((word) => (/^[^\s;{}"'\\#]+$/.test(word) ? word : quoted(word)))].join(" ");
}

function quoted(word: string): string {
  return `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
