/**
 * A rendered file, and the header by which it can be told where it comes from and whether it was touched since.
 *
 * Two lines of comment after whatever must come first: which inventory, which day; and the SHA-256 of all that follows.
 * A format without comments (JSON, CSV) has no header: `rendered.json` beside it holds its hash.
 */
import { createHash } from "node:crypto";
import { VERSION } from "../version.ts";
import type { Subject } from "./subject.ts";

export interface RenderedFile {
  /** Relative to the folder rendered into, with `/`: `systemd/ecluse.service`. */
  readonly path: string;
  /** Everything below the header; ends with a newline. */
  readonly body: string;
  readonly comment: Comment;
  /** What the format wants before anything else: `#!/bin/sh`, `#cloud-config`, `<!doctype html>`. */
  readonly first?: string;
  readonly executable?: boolean;
  /** Of a document: which of its forms this is. */
  readonly form?: { readonly language: "fr" | "en"; readonly format: DocumentFormat };
}

export type DocumentFormat = "md" | "html" | "csv" | "svg";

/** How the format writes a comment. */
export type Comment = "#" | "<!--" | "none";

const WRITTEN: Readonly<Record<Exclude<Comment, "none">, (line: string) => string>> = {
  "#": (line) => `# ${line}`,
  // No name can end it: two hyphens in a row are broken up.
  "<!--": (line) => `<!-- ${line.replaceAll(/-(?=-)/g, "- ")} -->`,
};

/** The file's whole text. */
export function textOf(rendered: RenderedFile, subject: Subject): string {
  const { body, comment, first } = rendered;
  const lines = comment === "none" ? [] : headerOf(rendered, subject).map(WRITTEN[comment]);
  return `${[...(first === undefined ? [] : [first]), ...lines].map((line) => `${line}\n`).join("")}${body}`;
}

/** Without its header: what two renderings of one inventory have in common, whatever the day. */
export function withoutHeader(text: string): string {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => HEADER.test(line));
  if (at < 0 || at > 1) return text;
  return [...lines.slice(0, at), ...lines.slice(at + 2)].join("\n");
}

/** `YYYY-MM-DD` from a rendered file's header. */
export function dateOf(text: string): string | undefined {
  return text
    .split("\n", 2)
    .map((line) => HEADER.exec(line)?.[1])
    .find((date) => date !== undefined);
}

/** Whether a text is a rendered file, and what follows its header is still what was rendered. */
export function isUntouched(text: string): boolean {
  const lines = text.split("\n");
  const at = lines.slice(0, 3).findIndex((line) => DIGEST.test(line));
  return at >= 0 && sha256(lines.slice(at + 1).join("\n")) === DIGEST.exec(lines[at] ?? "")?.[1];
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const HEADER = /^(?:# |<!-- )Rendered by Ecluse .* as of (\d{4}-\d{2}-\d{2})\./;

const DIGEST = /^(?:# |<!-- )SHA-256 of what follows: ([0-9a-f]{64})/;

function headerOf({ body }: RenderedFile, { file, version, date }: Subject): readonly string[] {
  return [
    `Rendered by Ecluse ${VERSION} from ${file}, inventory ${version.slice(0, 12)}, as of ${date}. Change the inventory, not this file.`,
    `SHA-256 of what follows: ${sha256(body)}`,
  ];
}
