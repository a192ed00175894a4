/**
 * What a YAML file may cost, judged on its words before the parser builds anything.
 *
 * The parser recurses per level and collects every error it meets, so a megabyte of brackets costs it seconds. Counting
 * words costs a tenth of that. The largest honest inventory (7,128 terminals, each with every key) stays far below.
 */
import { CST, Lexer } from "yaml";

export const LARGEST_FILE = 8 * 1024 * 1024;
const MOST_WORDS = 1_000_000;
const DEEPEST = 64;
const MOST_ANCHORS = 20_000;
/** Values after aliases are expanded. */
export const MOST_VALUES = 600_000;

export interface Excess {
  readonly offset: number;
  readonly what: string;
}

/** The first thing in the text that no inventory needs, or `undefined`. */
export function excessOf(text: string): Excess | undefined {
  if (text.length > LARGEST_FILE) return { offset: 0, what: "more than 8 MiB of text" };
  const count = { words: 0, depth: 0, inLine: 0, anchors: 0, quoted: 0 };
  let offset = 0;
  for (const word of new Lexer().lex(text)) {
    count.words += 1;
    const what = weigh(count, word);
    if (what !== undefined) return { offset, what };
    // These three are the lexer's own marks and stand for no text.
    if (word !== CST.DOCUMENT && word !== CST.FLOW_END && word !== CST.SCALAR) offset += word.length;
  }
  return undefined;
}

interface Count {
  words: number;
  depth: number;
  inLine: number;
  anchors: number;
  quoted: number;
}

function weigh(count: Count, word: string): string | undefined {
  const type = CST.tokenType(word);
  count.quoted = type === "double-quoted-scalar" || type === "single-quoted-scalar" ? count.quoted + 1 : 0;
  if (type === "newline") count.inLine = 0;
  if (type === "flow-map-start" || type === "flow-seq-start") count.depth += 1;
  if (type === "flow-map-end" || type === "flow-seq-end") count.depth -= 1;
  if (type === "seq-item-ind" || type === "explicit-key-ind" || (type === "map-value-ind" && count.depth === 0)) {
    count.inLine += 1;
  }
  if (type === "anchor" || type === "alias") count.anchors += 1;
  if (type === "space" && count.inLine === 0 && word.length > 4 * DEEPEST)
    return "an indentation of more than 256 columns";
  if (count.depth > DEEPEST || count.inLine > DEEPEST) return "more than 64 levels";
  if (count.anchors > MOST_ANCHORS) return "more than 20,000 anchors and aliases";
  if (count.quoted > 2) return "quoted texts one after another";
  return count.words > MOST_WORDS ? "more than a million words" : undefined;
}
