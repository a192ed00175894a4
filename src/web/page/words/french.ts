/**
 * French as it is set: the spaces before `: ; ? !` and within guillemets do not break, and the apostrophe is round. What
 * stands in the template is set; values (names, addresses) are left as they are.
 */
export function fr(template: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const set = typesetOnce(template);
  let words = set[0] ?? "";
  values.forEach((value, index) => (words += `${value}${set[index + 1] ?? ""}`));
  return words;
}

const known = new WeakMap<TemplateStringsArray, readonly string[]>();

/** A template is the same object each time it is come by (ECMA-262, GetTemplateObject). */
function typesetOnce(template: TemplateStringsArray): readonly string[] {
  const set = known.get(template) ?? template.raw.map(typeset);
  known.set(template, set);
  return set;
}

const NO_BREAK = "\u00A0";
const NARROW = "\u202F";

function typeset(words: string): string {
  return words
    .replaceAll("'", "’")
    .replaceAll(/ ([:»])/g, `${NO_BREAK}$1`)
    .replaceAll("« ", `«${NO_BREAK}`)
    .replaceAll(/ ([;?!])/g, `${NARROW}$1`);
}
