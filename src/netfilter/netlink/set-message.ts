/**
 * The kernel's messages about the elements of a set of nftables, and the question for them: linux/netfilter/nf_tables.h, from
 * which the numbers are.
 */
import {
  DUMP,
  attribute,
  eachNested,
  lengthOf,
  long,
  name,
  placeMessage,
  placeNested,
  quad,
  request,
  typeOf,
} from "./netlink-message.ts";

/** One element of a set that counts. */
export interface SetElement {
  /** What it is about, in words of four bytes: a field of a concatenation has one or more of its own, from their highest byte on. */
  readonly key: readonly number[];
  readonly packets: number;
  /** Milliseconds until it ends; absent: it has no end. */
  readonly left?: number;
}

const NFTABLES = 10 << 8;
const ELEMENTS = NFTABLES | 12;
const GET_ELEMENTS = NFTABLES | 13;

const OF = { table: 1, set: 2, elements: 3 } as const;
const OF_ELEMENT = { key: 1, left: 5, expression: 7 } as const;
const OF_DATA = { value: 1 } as const;
const OF_EXPRESSION = { name: 1, data: 2 } as const;
const OF_COUNTER = { packets: 2 } as const;

/** Asks for every element of a set in a table of `ip`. */
export function elementsRequest(sequence: number, table: string, set: string): Uint8Array {
  return request(GET_ELEMENTS, DUMP, sequence, [attribute(OF.table, name(table)), attribute(OF.set, name(set))]);
}

/** Written anew for each message, so that none needs memory of its own. */
const [its, inner, innermost] = [new Int32Array(4), new Int32Array(8), new Int32Array(4)];

/** Those that an answer holds; a set comes in several. None: it is about something else. */
export function elementsOf(bytes: Uint8Array, at: number): readonly SetElement[] {
  if (typeOf(bytes, at) !== ELEMENTS) return [];
  const elements: SetElement[] = [];
  placeMessage(bytes, at, its);
  eachNested(bytes, its[OF.elements], (element) => elements.push(elementAt(bytes, element)));
  return elements;
}

function elementAt(bytes: Uint8Array, at: number): SetElement {
  placeNested(bytes, at, inner);
  const left = inner[OF_ELEMENT.left];
  const packets = countedBy(bytes, inner[OF_ELEMENT.expression]);
  placeNested(bytes, inner[OF_ELEMENT.key], innermost);
  return { key: wordsAt(bytes, innermost[OF_DATA.value]), packets, ...(left ? { left: quad(bytes, left) } : {}) };
}

/** A counter is the only expression of the elements that are read. */
function countedBy(bytes: Uint8Array, expression: number | undefined): number {
  placeNested(bytes, expression, innermost);
  placeNested(bytes, innermost[OF_EXPRESSION.data], innermost);
  return quad(bytes, innermost[OF_COUNTER.packets]);
}

function wordsAt(bytes: Uint8Array, at: number | undefined): readonly number[] {
  if (!at) return [];
  const words = Math.ceil(lengthOf(bytes, at) / 4);
  return Array.from({ length: words }, (_, index) => long(bytes, at + 4 * index));
}
