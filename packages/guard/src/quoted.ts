/** Text from outside, made safe for one line of a log or of an error. */

/** Characters shown at most; the rest becomes an ellipsis. */
const LIMIT = 80;

/**
 * Quotes a text from outside: control characters, line ends and everything beyond printable ASCII are written as `\u`
 * escapes, so that nobody can forge a log line or move a terminal's cursor. At most 80 characters of it are shown.
 */
export function quoted(text: string): string {
  const shown = text.length > LIMIT ? `${text.slice(0, LIMIT)}...` : text;
  const escaped = shown.replace(/[^\x20-\x7e]|["\\]/g, (character) =>
    character === '"' || character === "\\"
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}
