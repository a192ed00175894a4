/** A line of iptables-save in words, as its own reader splits it: iptables(8), xtables_parse_line. */

export interface Word {
  readonly text: string;
  /** Stood in quotes: never an option. */
  readonly quoted: boolean;
}

export function wordsOf(line: string): readonly Word[] {
  if (!line.includes('"')) return (line.match(/\S+/g) ?? []).map((text) => ({ text, quoted: false }));
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined
      ? { text: plain ?? "", quoted: false }
      : { text: quoted.replaceAll(/\\(.)/g, "$1"), quoted: true },
  );
}

/** `! --dport 22`: a name, what follows it, and whether it is negated. */
export interface Option {
  readonly name: string;
  readonly values: readonly string[];
  readonly negated: boolean;
}

export function optionsOf(words: readonly Word[]): readonly Option[] {
  const options: { name: string; values: string[]; negated: boolean }[] = [];
  let negated = false;
  for (const { text, quoted } of words) {
    if (!quoted && text === "!") negated = true;
    else if (!quoted && /^--?[a-zA-Z]/.test(text)) {
      options.push({ name: text, values: [], negated });
      negated = false;
    } else options.at(-1)?.values.push(text);
  }
  return options;
}
