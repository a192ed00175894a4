/**
 * French as it is set: the spaces before `: ; ? !` and within guillemets do not break, and the apostrophe is round. What
 * stands in the template is set; values (names, addresses) are left as they are.
 */
export function fr({ raw }: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  let words = typeset(raw[0] ?? "");
  values.forEach((value, index) => (words += `${value}${typeset(raw[index + 1] ?? "")}`));
  return words;
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
