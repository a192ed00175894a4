/** YAML that means the same under 1.1 and 1.2, and to compose: every text in double quotes, in JSON's spelling. */
import { escapeControls } from "../../inventory/quote.ts";

/** A `$` would begin a variable of compose; doubled, it is one. */
export function text(value: string): string {
  return JSON.stringify(value).replaceAll("$", "$$$$");
}

export function list(values: readonly string[]): string {
  return `[${values.map(text).join(", ")}]`;
}

/** Comment lines, at so many spaces. */
export function comment(lines: readonly string[], indent = 0): string {
  const margin = `${" ".repeat(indent)}#`;
  // A file's name may hold anything, a line's end too.
  return lines.map((line) => `${`${margin} ${escapeControls(line)}`.trimEnd()}\n`).join("");
}
