import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Message, Reading } from "./caisse-ap.ts";
import { NOTHING_READ, parseMessage, printMessage, readMore, REQUEST_LIMIT, valueOf } from "./caisse-ap.ts";

const LETTERS = "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z".split(" ");
const tag = fc.tuple(fc.constantFrom(...LETTERS), fc.constantFrom(...LETTERS)).map((pair) => pair.join(""));
const value = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const message: fc.Arbitrary<Message> = fc
  .tuple(value, fc.array(fc.record({ tag, value }, { noNullPrototype: true }), { maxLength: 12 }))
  .map(([version, fields]) => [{ tag: "CZ", value: version }, ...fields]);

/** Bytes that are a message, or one with an accident, or anything; some longer than the limit below. */
const bytes = fc.oneof(
  message.map(printMessage),
  fc.tuple(message, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([whole, at, byte]) => {
    const spoilt = printMessage(whole);
    spoilt[at % spoilt.length] = byte;
    return spoilt;
  }),
  fc.uint8Array({ maxLength: 50 }),
);

function readInPieces(whole: Uint8Array, cuts: readonly number[], limit: number): Reading {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places
    .slice(1)
    .reduce((reading, place, index) => readMore(reading, whole.subarray(places[index], place), limit), NOTHING_READ);
}

suite("parseMessage and printMessage", () => {
  test("parse(print(x)) = x", () => {
    fc.assert(
      fc.property(message, (given) => {
        assert.deepEqual(parseMessage(printMessage(given), 10_000), given);
      }),
    );
  });

  test("the published sample is read", () => {
    const sample = Buffer.from("CZ0040300CJ012247300123456CA00201CB0042500CD0010CE003978");
    const read = parseMessage(sample);
    assert.ok(typeof read !== "string");
    assert.deepEqual(
      read.map((field) => `${field.tag}=${field.value}`),
      ["CZ=0300", "CJ=247300123456", "CA=01", "CB=2500", "CD=0", "CE=978"],
    );
    assert.equal(valueOf(read, "CB"), "2500");
    assert.equal(valueOf(read, "AE"), undefined);
    assert.deepEqual(printMessage(read), sample);
  });

  const refused = [
    ["", "cut-short"],
    ["CZ004030", "cut-short"],
    ["CZ0040300C", "cut-short"],
    ["CA00201", "first-tag-not-CZ"],
    ["GET / HTTP/1.1", "first-tag-not-CZ"],
    ["cz0040300", "tag-not-letters"],
    ["CZ0x40300", "length-not-digits"],
    ["CZ-040300", "length-not-digits"],
    ["CZ0040300C10011", "tag-not-letters"],
  ] as const;
  for (const [text, why] of refused) {
    test(`${JSON.stringify(text)} is ${why}`, () => {
      assert.equal(parseMessage(Buffer.from(text)), why);
    });
  }

  test("what cannot be printed is a bug, and its value is not repeated", () => {
    const cz = { tag: "CZ", value: "0300" };
    const card = "5".repeat(1000);
    assert.throws(() => printMessage([]), RangeError);
    assert.throws(() => printMessage([cz, { tag: "A1", value: "" }]), RangeError);
    assert.throws(
      () => printMessage([cz, { tag: "AA", value: card }]),
      (error) => error instanceof RangeError && !error.message.includes("55"),
    );
    assert.throws(() => printMessage([cz, { tag: "AA", value: "€" }]), RangeError);
  });
});

suite("readMore", () => {
  test("any cut of the bytes gives the same reading", () => {
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.integer({ min: 0, max: 1500 }),
        (whole, cuts, limit) => {
          assert.deepEqual(readInPieces(whole, cuts, limit), readMore(NOTHING_READ, whole, limit));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("byte by byte gives the same reading", () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        const everywhere = Array.from(whole, (_, index) => index);
        assert.deepEqual(readInPieces(whole, everywhere, 10_000), readMore(NOTHING_READ, whole, 10_000));
      }),
    );
  });

  test("the limit may be reached and not exceeded, however the bytes come", () => {
    const field = Buffer.from(`ZT999${"-".repeat(999)}`);
    const full = Buffer.concat([Buffer.from("CZ0040300"), field, field, field, field]).subarray(0, REQUEST_LIMIT + 1);
    const atLimit = readMore(NOTHING_READ, full.subarray(0, REQUEST_LIMIT));
    assert.equal(full.length, 4025);
    assert.equal(atLimit.unreadable, undefined);
    const flood = Buffer.concat([full, field]);
    const reached = readMore(NOTHING_READ, flood.subarray(0, REQUEST_LIMIT));
    assert.equal(reached.unreadable, undefined);
    assert.equal(reached.bytes, REQUEST_LIMIT);
    assert.equal(readMore(reached, flood.subarray(REQUEST_LIMIT, REQUEST_LIMIT + 1)).unreadable, "too-long");
    assert.equal(readMore(NOTHING_READ, flood).unreadable, "too-long");
  });

  test("a refusal is for good and keeps nothing of the rest", () => {
    const refused = readMore(NOTHING_READ, Buffer.from("CZ0040300??"));
    const more = readMore(refused, Buffer.from("001"));
    assert.equal(more.unreadable, "tag-not-letters");
    assert.equal(more.rest, "");
    assert.equal(readMore(more, Buffer.from("CA00201")), more);
  });
});
