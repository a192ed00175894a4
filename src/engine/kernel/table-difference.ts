/**
 * What of our table is not as it was told, in words for people: a few of them, however much it is.
 *
 * Names and elements may be somebody else's: they are written so that they cannot steer a terminal.
 */
import { escapeControls } from "../../inventory/quote.ts";

/** Where nothing of it could be read. */
export const NO_TABLE = "it is gone, or cannot be read";

/** Elements of a set that are named, and the longest of their names in characters. */
const NAMED = 3;
const LONGEST = 80;
/** Places that are told of. */
const PLACES = 10;

type Kind = "gone" | "more";
type Elements = Record<Kind, { count: number; readonly names: string[] }>;

export class TableDifference {
  readonly #sets = new Map<string, Elements>();
  readonly #chains = new Set<string>();

  /** An element of a set or map that was told and is not there (`gone`), or the other way round (`more`). */
  element(set: string, kind: Kind, element: string): void {
    const elements = this.#sets.get(set) ?? { gone: { count: 0, names: [] }, more: { count: 0, names: [] } };
    this.#sets.set(set, elements);
    elements[kind].count += 1;
    if (elements[kind].names.length < NAMED) elements[kind].names.push(shown(element));
  }

  /** The same once more is nothing more. */
  chain(name: string, what: "has other rules" | "is gone" | "was added"): void {
    this.#chains.add(`chain ${shown(name)} ${what}`);
  }

  /** One text for each place, chains first; none where all is as it was told: `chain knock has other rules`, `set from_a: 1 element more (192.0.2.1)`. */
  get words(): readonly string[] {
    const sets = Array.from(this.#sets, ([name, { gone, more }]) => {
      const words = [inWords("gone", gone), inWords("more", more)].filter((text) => text !== "");
      return `set ${shown(name)}: ${words.join(", ")}`;
    });
    const places = [...this.#chains, ...sets];
    if (places.length <= PLACES) return places;
    return [...places.slice(0, PLACES), `and ${places.length - PLACES} places more`];
  }
}

function inWords(kind: Kind, { count, names }: Elements[Kind]): string {
  if (count === 0) return "";
  const rest = count > names.length ? ", ..." : "";
  return `${count} ${count === 1 ? "element" : "elements"} ${kind} (${names.join(", ")}${rest})`;
}

function shown(text: string): string {
  const characters = Array.from(text);
  return escapeControls(characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}...` : text);
}
