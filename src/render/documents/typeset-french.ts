/**
 * French as it is set: the spaces before `: ; ? !` and within guillemets do not break, and the apostrophe is round.
 *
 * Two template tags, for the words of `words-fr.ts`: what stands in the template is set, values (names, code) are left as
 * they are.
 */
import { type Piece, type Text, text } from "./document.ts";

/** A plain sentence. */
export function fr({ raw }: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const set = typesetOnce(raw);
  let words = set[0] ?? "";
  values.forEach((value, index) => (words += `${value}${set[index + 1] ?? ""}`));
  return words;
}

/** A sentence with pieces in it. */
export function frText(parts: TemplateStringsArray, ...values: readonly (Piece | number)[]): Text {
  const set = parts.map(typeset);
  return text(Object.assign(set, { raw: set }), ...values);
}

const NO_BREAK = "\u00A0";
const NARROW = "\u202F";

const known = new WeakMap<readonly string[], readonly string[]>();

/** A template is the same object each time it is come by (ECMA-262, GetTemplateObject): thousands of rows set it once. */
function typesetOnce(raw: readonly string[]): readonly string[] {
  const set = known.get(raw) ?? raw.map(typeset);
  known.set(raw, set);
  return set;
}

export function typeset(words: string): string {
  return words
    .replaceAll("'", "’")
    .replaceAll(/ ([:»])/g, `${NO_BREAK}$1`)
    .replaceAll("« ", `«${NO_BREAK}`)
    .replaceAll(/ ([;?!])/g, `${NARROW}$1`);
}
