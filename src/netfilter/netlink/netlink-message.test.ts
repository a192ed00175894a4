import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  DONE,
  DUMP,
  Messages,
  attribute,
  flagsOf,
  long,
  nested,
  placeMessage,
  placeNested,
  quad,
  request,
  sequenceOf,
  short,
  sizeOf,
  typeOf,
  value,
} from "./netlink-message.ts";

/** `Messages` that keeps a copy of each. */
function kept(): { readonly messages: Messages; readonly taken: Buffer[] } {
  const taken: Buffer[] = [];
  const messages = new Messages((bytes, at) => taken.push(Buffer.from(bytes.subarray(at, at + sizeOf(bytes, at)))));
  return { messages, taken };
}

suite("Messages", () => {
  test("whatever pieces they come in, whole and in their order", () => {
    const message = fc
      .tuple(fc.nat(0xffff), fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 40 }))
      .map(([type, sequence, bytes]) => Buffer.from(request(type, DUMP, sequence, [attribute(1, bytes)])));
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sent, sizes) => {
        const { messages, taken } = kept();
        const all = Buffer.concat(sent);
        for (let at = 0, turn = 0; at < all.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          // As Node does, the same memory is used again.
          const chunk = Buffer.from(all.subarray(at, at + size));
          messages.push(chunk);
          chunk.fill(0xff);
          at += size;
        }
        assert.deepEqual(taken, sent);
      }),
    );
  });

  test("what cannot be one is no reason to wait for ever", () => {
    const { messages } = kept();
    assert.equal(messages.push(Buffer.alloc(16)), false);
  });
});

test("a request can be read again: head, and attributes within attributes", () => {
  const long7 = attribute(7, value(0xfedc_ba98, 4));
  const sent = request(257, DUMP, 0x8000_0001, [attribute(3, value(0xbeef, 2)), nested(5, [long7])]);
  assert.deepEqual(
    [typeOf(sent, 0), flagsOf(sent, 0), sequenceOf(sent, 0), sizeOf(sent, 0)],
    [257, 0x301, 0x8000_0001, sent.length],
  );
  const [places, inner] = [new Int32Array(8), new Int32Array(8)];
  placeMessage(sent, 0, places);
  assert.equal(short(sent, places[3]), 0xbeef);
  placeNested(sent, places[5], inner);
  assert.equal(long(sent, inner[7]), 0xfedc_ba98);
  placeNested(sent, places[4], inner);
  assert.deepEqual([inner.some((place) => place !== 0), long(sent, inner[7]), quad(sent, 0)], [false, 0, 0]);
});

test("attributes that say they are longer than their message, or shorter than their own head, are not read", () => {
  for (const size of [0, 3, 9, 0xffff]) {
    const sent = Buffer.from(request(256, 0, 0, [attribute(3, value(1, 4)), attribute(2, value(2, 4))]));
    sent.writeUInt16LE(size, 28);
    const places = new Int32Array(8);
    placeMessage(sent, 0, places);
    assert.deepEqual([long(sent, places[3]), places[2]], [1, 0]);
  }
});

test("any bytes at all: the walk through them ends", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 200 }), (bytes) => {
      const places = new Int32Array(8);
      placeMessage(bytes, 0, places);
      for (const place of places) placeNested(bytes, place, new Int32Array(8));
    }),
  );
});

test("the head alone is a message", () => {
  const { messages, taken } = kept();
  const done = Buffer.from([16, 0, 0, 0, DONE, 0, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
  messages.push(done);
  assert.deepEqual(
    taken.map((bytes) => [typeOf(bytes, 0), sequenceOf(bytes, 0)]),
    [[DONE, 5]],
  );
});
