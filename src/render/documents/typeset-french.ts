/**
 * French as it is set: the spaces before `: ; ? !` and within guillemets do not break, and the apostrophe is round.
 *
 * Two template tags, for the words of `words-fr.ts`: what stands in the template is set, values (names, code) are left as
 * they are.
 */
import { type Piece, type Text, text } from "./document.ts";

/** A plain sentence. */
export function fr({ raw }: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return raw.map((part, index) => typeset(part) + String(values[index] ?? "")).join("");
}

/** A sentence with pieces in it. */
export function frText(parts: TemplateStringsArray, ...values: readonly (Piece | number)[]): Text {
  const set = parts.map(typeset);
  return text(Object.assign(set, { raw: set }), ...values);
}

const NO_BREAK = "\u00A0";
const NARROW = "\u202F";

export function typeset(words: string): string {
  return words
    .replaceAll("'", "’")
    .replaceAll(/ ([:»])/g, `${NO_BREAK}$1`)
    .replaceAll("« ", `«${NO_BREAK}`)
    .replaceAll(/ ([;?!])/g, `${NARROW}$1`);
}
