/**
 * Whether our table still stands as it was told: an operator's `nft`, or another program, may have had a hand in it.
 *
 * Elements are compared with what was told. Rules cannot be, for nft prints them in words of its own: each chain is
 * remembered as it was first seen since it was made, and none of ours is ever changed, but for that of the limits. The
 * listing is read a line at a time, and nothing of its thousands of elements is kept.
 */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import { type Door, endpointKey } from "../../../policy/policy.ts";
import { type Table, gateOf } from "./table.ts";
import { TableDifference } from "./table-difference.ts";
import {
  type TableElement,
  doorElement,
  elementText,
  fullElement,
  targetElement,
  terminalElement,
} from "./table-element.ts";

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
  readonly #left: Map<string, ToldSet>;
  /** Lines of the chain that is being read. */
  #rules: string[] | undefined;
  /** The set that is being read, its name, and how many of its elements are still to come. */
  #set: ToldSet | undefined;
  #name = "";
  #missing = 0;
  #isAmongElements = false;
  readonly #difference: TableDifference;

  /** `difference` is told of each element that was told and is not there, and the other way round. */
  constructor(table: Table, difference: TableDifference) {
    this.#left = toldIn(table);
    this.#difference = difference;
  }

  /** After the last line: all of a set that is gone is gone. */
  end(): void {
    for (const [name, { size }] of this.#left) this.#difference.gone(name, size);
  }

  line(text: string): void {
    const [, kind, name = ""] = OPENING.exec(text) ?? [];
    if (kind !== undefined) this.#open(kind, name);
    else if (text === "\t}") this.#close();
    else if (this.#rules !== undefined) this.#rules.push(text);
    else if (this.#set !== undefined) this.#elements(text, this.#set);
  }

  #open(kind: string, name: string): void {
    this.#close();
    if (kind === "chain") {
      this.#rules = [];
      this.chains.set(name, this.#rules);
      return;
    }
    this.#set = this.#left.get(name);
    this.#missing = this.#set?.size ?? 0;
    this.#left.delete(name);
    this.#name = name;
  }

  #close(): void {
    // In a set of the kernel's no element is there twice: so many of those told are all of them.
    this.#difference.gone(this.#name, this.#missing);
    this.#rules = undefined;
    this.#set = undefined;
    this.#missing = 0;
    this.#isAmongElements = false;
  }

  /** `		elements = { A, B,` and `			     C }`. What has no words of ours is nothing that was told. */
  #elements(text: string, { has }: ToldSet): void {
    let words = text.trim();
    if (words.startsWith(ELEMENTS)) {
      this.#isAmongElements = true;
      words = words.slice(ELEMENTS.length);
    }
    if (!this.#isAmongElements) return;
    if (words.endsWith("}")) words = words.slice(0, -1);
    for (const part of words.split(",")) {
      const element = part.trim();
      if (element === "") continue;
      if (has(element)) this.#missing -= 1;
      else this.#difference.more(this.#name, element);
    }
  }
}

/** What was told of a set. To write out all of it for each listing would leave megabytes behind. */
interface ToldSet {
  readonly size: number;
  readonly has: (element: string) => boolean;
}

function toldIn(table: Table): Map<string, ToldSet> {
  const { doors, terminals } = table;
  const doorIn = (element: string): Door | undefined => doors.get(keyIn(element));
  const told = new Map<string, ToldSet>([
    [
      "doors",
      {
        size: count(doors.values(), (door) => gateOf(table, door) !== undefined),
        has: (element) => isOf(doorIn(element), element, (door) => doorElement(table, door)),
      },
    ],
    ["targets", { size: doors.size, has: (element) => isOf(doorIn(element), element, targetElement) }],
    ["terminals", { size: terminals.size, has: (element) => isSame(terminalElement(table, keyIn(element)), element) }],
    [
      "full",
      {
        size: count(terminals.keys(), (target) => fullElement(table, target) !== undefined),
        has: (element) => isSame(fullElement(table, keyIn(element)), element),
      },
    ],
  ]);
  for (const [name, addresses] of table.sources) {
    const all = new Set(addresses);
    told.set(name, { size: all.size, has: (element) => all.has(element) });
  }
  return told;
}

function isOf(door: Door | undefined, text: string, elementOf: (door: Door) => TableElement | undefined): boolean {
  return door !== undefined && isSame(elementOf(door), text);
}

function isSame(told: TableElement | undefined, text: string): boolean {
  return told !== undefined && elementText(told) === text;
}

/** The `endpointKey` of the endpoint that an element begins with; that of none where it begins with something else. */
function keyIn(element: string): number {
  const [, address = "", port = ""] = /^(\S+) \. (\d+)/.exec(element) ?? [];
  return endpointKey(parseAddress(address) ?? (NaN as Ipv4), Number(port));
}

function count<One>(all: Iterable<One>, is: (one: One) => boolean): number {
  let found = 0;
  for (const one of all) if (is(one)) found += 1;
  return found;
}
