/**
 * Changes of the elements of nftables' sets and maps, as the kernel is told of them: linux/netfilter/nf_tables.h, from which
 * the numbers are.
 */
import { ACKNOWLEDGE, CREATE, attribute, batch, name, nested, request, value } from "./netlink-message.ts";

/** The elements of one set or map that are to go, and then those that are to come: one that changes does both. */
export interface SetChange {
  readonly set: string;
  readonly gone?: readonly Key[];
  readonly added?: readonly NewElement[];
}

/** In words of four bytes: a field of a concatenation has one or more of its own, from their highest byte on. */
export type Key = readonly number[];

export interface NewElement {
  readonly key: Key;
  /** Of a map: what the key leads to; of a map of verdicts: the chain that it jumps to. */
  readonly leadsTo?: Key | string;
  /** Of a set with `ct count over`: how many connections it lets by. */
  readonly most?: number;
  /** Milliseconds until it ends by itself; absent: it has no end, or that of its set. */
  readonly timeout?: number;
}

const NFTABLES = 10;
const NEW_ELEMENTS = (NFTABLES << 8) | 12;
const DELETE_ELEMENTS = (NFTABLES << 8) | 14;

const OF = { table: 1, set: 2, elements: 3 } as const;
const ELEMENT = 1;
const OF_ELEMENT = { key: 1, data: 2, timeout: 4, expression: 7 } as const;
const OF_DATA = { value: 1, verdict: 2 } as const;
const OF_VERDICT = { code: 1, chain: 2 } as const;
const JUMP = -3 >>> 0;
const OF_EXPRESSION = { name: 1, data: 2 } as const;
const OF_COUNT = { count: 1, flags: 2 } as const;
const OVER = 1;

/** An attribute has at most 65,535 bytes; an element of ours less than 128. */
const MOST_IN_ONE = 500;

/** All changes in this order, in one transaction of a table of `ip`; acknowledged once. There is at least one. */
export function changeMessage(sequence: number, table: string, changes: readonly SetChange[]): Uint8Array {
  const requests = changes.flatMap(({ set, gone = [], added = [] }) => [
    ...listed(gone).map((keys) => ({
      type: DELETE_ELEMENTS,
      flags: 0,
      set,
      elements: keys.map((key) => [keyOf(key)]),
    })),
    ...listed(added).map((some) => ({ type: NEW_ELEMENTS, flags: CREATE, set, elements: some.map(attributesOf) })),
  ]);
  const messages = requests.map(({ type, flags, set, elements }, index) => {
    const acknowledged = index === requests.length - 1 ? ACKNOWLEDGE : 0;
    const listing = nested(
      OF.elements,
      elements.map((attributes) => nested(ELEMENT, attributes)),
    );
    const place = [attribute(OF.table, name(table)), attribute(OF.set, name(set))];
    return request(type, flags | acknowledged, sequence, [...place, listing]);
  });
  return batch(NFTABLES, sequence, messages);
}

function listed<One>(all: readonly One[]): readonly (readonly One[])[] {
  const lists: (readonly One[])[] = [];
  for (let at = 0; at < all.length; at += MOST_IN_ONE) lists.push(all.slice(at, at + MOST_IN_ONE));
  return lists;
}

function attributesOf({ key, leadsTo, most, timeout }: NewElement): readonly Uint8Array[] {
  return [
    keyOf(key),
    ...(leadsTo === undefined ? [] : [nested(OF_ELEMENT.data, [dataOf(leadsTo)])]),
    ...(timeout === undefined ? [] : [attribute(OF_ELEMENT.timeout, wide(timeout))]),
    ...(most === undefined ? [] : [nested(OF_ELEMENT.expression, countOver(most))]),
  ];
}

function keyOf(key: Key): Uint8Array {
  return nested(OF_ELEMENT.key, [attribute(OF_DATA.value, wordsOf(key))]);
}

function dataOf(leadsTo: Key | string): Uint8Array {
  if (typeof leadsTo !== "string") return attribute(OF_DATA.value, wordsOf(leadsTo));
  const verdict = [attribute(OF_VERDICT.code, value(JUMP, 4)), attribute(OF_VERDICT.chain, name(leadsTo))];
  return nested(OF_DATA.verdict, verdict);
}

function countOver(most: number): readonly Uint8Array[] {
  const data = [attribute(OF_COUNT.count, value(most, 4)), attribute(OF_COUNT.flags, value(OVER, 4))];
  return [attribute(OF_EXPRESSION.name, name("connlimit")), nested(OF_EXPRESSION.data, data)];
}

function wordsOf(key: Key): Uint8Array {
  return Buffer.concat(key.map((word) => value(word, 4)));
}

/** Of eight bytes. */
function wide(number: number): Uint8Array {
  return Buffer.concat([value(Math.floor(number / 0x1_0000_0000), 4), value(number % 0x1_0000_0000, 4)]);
}
