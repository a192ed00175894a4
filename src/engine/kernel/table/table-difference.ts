/**
 * What of our table is not as it was told, in words for people: a few of them, however much it is.
 *
 * Names and elements may be somebody else's: they are written so that they cannot steer a terminal.
 */
import { escapeControls } from "../../../inventory/quote.ts";

/** Where nothing of it could be read. */
export const NO_TABLE = "it is gone, or cannot be read";

/** Elements of a set that are named, and the longest of their names in characters. */
const NAMED = 3;
const LONGEST = 80;
/** Places that are told of. */
const PLACES = 10;

interface Elements {
  gone: number;
  more: number;
  /** Of some of those that are more. */
  readonly names: string[];
}

export class TableDifference {
  readonly #sets = new Map<string, Elements>();
  readonly #chains = new Set<string>();

  /** So many elements of a set or map were told and are not there. */
  gone(set: string, count: number): void {
    if (count > 0) this.#of(set).gone += count;
  }

  /** An element of a set or map is there and was not told. */
  more(set: string, element: string): void {
    const elements = this.#of(set);
    elements.more += 1;
    if (elements.names.length < NAMED) elements.names.push(shown(element));
  }

  #of(set: string): Elements {
    const elements = this.#sets.get(set) ?? { gone: 0, more: 0, names: [] };
    this.#sets.set(set, elements);
    return elements;
  }

  /** The same once more is nothing more. */
  chain(name: string, what: "has other rules" | "is gone" | "was added"): void {
    this.#chains.add(`chain ${shown(name)} ${what}`);
  }

  /** One text for each place, chains first; none where all is as it was told: `chain knock has other rules`, `set from_a: 1 element more (192.0.2.1)`. */
  get words(): readonly string[] {
    const sets = Array.from(this.#sets, ([name, elements]) => `set ${shown(name)}: ${inWords(elements)}`);
    const places = [...this.#chains, ...sets];
    if (places.length <= PLACES) return places;
    return [...places.slice(0, PLACES), `and ${places.length - PLACES} places more`];
  }
}

function inWords({ gone, more, names }: Elements): string {
  const named = `${counted(more)} more (${names.join(", ")}${more > names.length ? ", ..." : ""})`;
  return [...(gone > 0 ? [`${counted(gone)} gone`] : []), ...(more > 0 ? [named] : [])].join(", ");
}

function counted(count: number): string {
  return `${count} ${count === 1 ? "element" : "elements"}`;
}

function shown(text: string): string {
  const characters = Array.from(text);
  return escapeControls(characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}...` : text);
}
