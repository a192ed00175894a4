/** Outside text in messages: shown whole where it is short, and never able to steer the terminal that shows it. */

const LONGEST = 60;

/** The text in backquotes (nothing at all as `""`), cut to `longest` characters (60), with control and invisible characters written as `\u{...}`. */
export function quote(text: string, longest = LONGEST): string {
  if (text === "") return '""';
  const characters = Array.from(text);
  const cut = characters.length > longest ? `${characters.slice(0, longest).join("")}…` : text;
  return `\`${escapeControls(cut)}\``;
}

/** Writes control, format, surrogate, private and line-separating characters as `\u{...}`. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A path as it is spoken of: `depots.22.terminals.2.port`, `allow[0]`. */
export function formatPath(path: readonly (string | number)[]): string {
  const text = path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${step}`));
  return quote(text.join(""));
}
