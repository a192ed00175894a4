/**
 * Whether our table still stands as it was told: an operator's `nft`, or another program, may have had a hand in it.
 *
 * Elements are compared with what was told. Rules cannot be, for nft prints them in words of its own: each chain is
 * remembered as it was first seen since it was made, and none of ours is ever changed, but for that of the limits. The
 * listing is read a line at a time, and nothing of its thousands of elements is kept.
 */
import type { Table } from "./table.ts";
import { TableDifference } from "./table-difference.ts";
import { doorElements, fullElements, targetElements, terminalElements } from "./table-text.ts";

/** What the words of a listing say, once its last line was read. */
export interface Reading {
  /** The next line of `nft -n list table`. */
  readonly line: (text: string) => void;
  /** What is not as it was told, as `TableDifference` words it. */
  readonly difference: () => readonly string[];
}

export class Standing {
  /** By chain: its lines, as nft prints them. */
  readonly #seen = new Map<string, string>();
  readonly #renewed = new Set<string>();

  /** Every chain has been made anew. */
  restart(): void {
    this.#seen.clear();
  }

  /** One chain has been. */
  renewed(chain: string): void {
    this.#seen.delete(chain);
    this.#renewed.add(chain);
  }

  read(table: Table): Reading {
    const difference = new TableDifference();
    const listed = new Listed(table, difference);
    return {
      line: (text) => listed.line(text),
      difference: () => {
        listed.end();
        this.#compareChains(table, listed.chains, difference);
        return difference.words;
      },
    };
  }

  #compareChains({ gates }: Table, chains: ReadonlyMap<string, readonly string[]>, difference: TableDifference): void {
    const isFirst = this.#seen.size === 0;
    for (const [name, rules] of gates) {
      const length = chains.get(name)?.length;
      if (length !== rules.length) difference.chain(name, length === undefined ? "is gone" : "has other rules");
    }
    for (const name of this.#seen.keys()) {
      if (chains.has(name)) continue;
      // Gates go when nobody needs them any more.
      if (!isGate(name)) difference.chain(name, "is gone");
      else this.#seen.delete(name);
    }
    for (const [name, lines] of chains) {
      const text = lines.join("\n");
      const before = this.#seen.get(name);
      const isOurs = isGate(name) ? gates.has(name) : isFirst || before !== undefined || this.#renewed.delete(name);
      if (!isOurs) difference.chain(name, "was added");
      else if (before !== undefined && before !== text) difference.chain(name, "has other rules");
      else this.#seen.set(name, text);
    }
  }
}

function isGate(chain: string): boolean {
  return chain.startsWith("gate_");
}

/** `	chain judge {`, `	map doors {`: one tab, where lines within have two. */
const OPENING = /^\t(set|map|chain) (\S+) \{$/;
const ELEMENTS = "elements = {";

class Listed {
  readonly chains = new Map<string, string[]>();
  /** The sets of which something was told, and of which nothing was read yet. */
  readonly #left: Map<string, () => readonly string[]>;
  /** Lines of the chain that is being read. */
  #rules: string[] | undefined;
  /** What is still to come in the set that is being read. */
  #wanted: Set<string> | undefined;
  /** Its name. */
  #set = "";
  #isAmongElements = false;
  readonly #difference: TableDifference;

  /** `difference` is told of each element that was told and is not there, and the other way round. */
  constructor(table: Table, difference: TableDifference) {
    this.#left = toldIn(table);
    this.#difference = difference;
  }

  /** After the last line: all of a set that is gone is gone. */
  end(): void {
    for (const [set, told] of this.#left) for (const element of told()) this.#difference.element(set, "gone", element);
  }

  line(text: string): void {
    const [, kind, name = ""] = OPENING.exec(text) ?? [];
    if (kind !== undefined) this.#open(kind, name);
    else if (text === "\t}") this.#close();
    else if (this.#rules !== undefined) this.#rules.push(text);
    else if (this.#wanted !== undefined) this.#elements(text, this.#wanted);
  }

  #open(kind: string, name: string): void {
    this.#close();
    if (kind === "chain") {
      this.#rules = [];
      this.chains.set(name, this.#rules);
      return;
    }
    const told = this.#left.get(name);
    this.#left.delete(name);
    this.#set = name;
    this.#wanted = told && new Set(told());
  }

  #close(): void {
    for (const element of this.#wanted ?? []) this.#difference.element(this.#set, "gone", element);
    this.#rules = undefined;
    this.#wanted = undefined;
    this.#isAmongElements = false;
  }

  /** `		elements = { A, B,` and `			     C }`. What has no words of ours is nothing that was told. */
  #elements(text: string, wanted: Set<string>): void {
    let words = text.trim();
    if (words.startsWith(ELEMENTS)) {
      this.#isAmongElements = true;
      words = words.slice(ELEMENTS.length);
    }
    if (!this.#isAmongElements) return;
    if (words.endsWith("}")) words = words.slice(0, -1);
    for (const part of words.split(",")) {
      const element = part.trim();
      if (element !== "" && !wanted.delete(element)) this.#difference.element(this.#set, "more", element);
    }
  }
}

function toldIn(table: Table): Map<string, () => readonly string[]> {
  return new Map<string, () => readonly string[]>([
    ["doors", () => doorElements(table)],
    ["targets", () => targetElements(table)],
    ["terminals", () => terminalElements(table)],
    ["full", () => fullElements(table)],
    ...Array.from(table.sources, ([name, addresses]) => [name, () => addresses] as const),
  ]);
}
