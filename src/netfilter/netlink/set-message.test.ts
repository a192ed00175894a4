import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  attribute,
  flagsOf,
  name,
  nested,
  placeMessage,
  request,
  sequenceOf,
  typeOf,
  value,
} from "./netlink-message.ts";
import { elementsOf, elementsRequest } from "./set-message.ts";

const ELEMENTS = 0xa0c;
const wide = (number: number): Uint8Array => Buffer.concat([value(0, 4), value(number, 4)]);
const key = (...words: readonly number[]): Uint8Array =>
  nested(1, [attribute(1, Buffer.concat(words.map((word) => value(word, 4))))]);
const counter = (packets: number): Uint8Array =>
  nested(7, [
    attribute(1, name("counter")),
    nested(2, [attribute(1, wide(60 * packets)), attribute(2, wide(packets))]),
  ]);
const answer = (...elements: readonly Uint8Array[]): Uint8Array =>
  request(ELEMENTS, 0, 7, [attribute(1, name("some")), attribute(2, name("refused")), nested(3, elements)]);

suite("elementsOf", () => {
  test("each with its key, what it counted, and when it ends", () => {
    const left = attribute(5, Buffer.concat([value(1, 4), value(5, 4)]));
    const bytes = answer(
      nested(1, [key(0xc0_00_02_42, 0xc6_33_64_0a, 0x4393_0000), left, counter(3)]),
      nested(1, [counter(70_000), key(6)]),
    );
    assert.deepEqual(elementsOf(bytes, 0), [
      { key: [0xc0_00_02_42, 0xc6_33_64_0a, 0x4393_0000], packets: 3, left: 0x1_0000_0005 },
      { key: [6], packets: 70_000 },
    ]);
  });

  test("a key shorter than a word is its highest bytes", () => {
    const short = nested(1, [attribute(1, value(6, 1))]);
    assert.deepEqual(elementsOf(answer(nested(1, [short])), 0), [{ key: [0x06_00_00_00], packets: 0 }]);
  });

  test("of another message, or of one without any: none", () => {
    assert.deepEqual(elementsOf(request(256, 0, 7, [nested(3, [nested(1, [key(1)])])]), 0), []);
    assert.deepEqual(elementsOf(request(ELEMENTS, 0, 7, []), 0), []);
  });

  test("any bytes at all: it ends", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        elementsOf(request(ELEMENTS, 0, 7, [nested(3, [nested(1, [bytes])])]), 0);
        elementsOf(request(ELEMENTS, 0, 7, [bytes]), 0);
      }),
    );
  });
});

test("elementsRequest: table and set by name, all of it", () => {
  const asked = Buffer.from(elementsRequest(9, "ecluse_shield", "refused"));
  assert.deepEqual([typeOf(asked, 0), flagsOf(asked, 0), sequenceOf(asked, 0)], [0xa0d, 0x301, 9]);
  const places = new Int32Array(4);
  placeMessage(asked, 0, places);
  assert.equal(asked.subarray(places[1], (places[1] ?? 0) + 14).toString(), "ecluse_shield\0");
  assert.equal(asked.subarray(places[2], (places[2] ?? 0) + 8).toString(), "refused\0");
});
