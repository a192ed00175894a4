import assert from "node:assert/strict";
import { test } from "node:test";
import { eachNested, flagsOf, long, placeMessage, placeNested, sequenceOf, sizeOf, typeOf } from "./netlink-message.ts";
import { changeMessage } from "./set-change-message.ts";
import { elementsOf } from "./set-message.ts";

const [NEW, GONE] = [0xa0c, 0xa0e];
const [REQUEST, ACKNOWLEDGED, CREATE] = [0x1, 0x4, 0x400];

interface Part {
  readonly at: number;
  readonly type: number;
  readonly flags: number;
}

/** The messages of a batch, in their order. */
function partsOf(bytes: Uint8Array): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length; at += sizeOf(bytes, at)) {
    assert.equal(sequenceOf(bytes, at), 7);
    parts.push({ at, type: typeOf(bytes, at), flags: flagsOf(bytes, at) });
  }
  return parts;
}

test("a batch of nftables: what goes before what comes, in the order given, the last acknowledged", () => {
  const bytes = changeMessage(7, "box", [
    { set: "doors", gone: [[1, 2]], added: [{ key: [1, 2] }] },
    { set: "full", gone: [[3]] },
  ]);
  assert.deepEqual(
    partsOf(bytes).map(({ type, flags }) => [type, flags]),
    [
      [16, REQUEST],
      [GONE, REQUEST],
      [NEW, REQUEST | CREATE],
      [GONE, REQUEST | ACKNOWLEDGED],
      [17, REQUEST],
    ],
  );
  // Family, version, and the subsystem in the network's order.
  assert.deepEqual([...bytes.subarray(16, 20)], [0, 0, 0, 10]);
});

test("what is written can be read as the kernel would say it", () => {
  const key = [0xc633_640a, 0x2775_0000];
  const bytes = changeMessage(7, "box", [{ set: "taken", added: [{ key, timeout: 0x1_0000_0005 }, { key: [6] }] }]);
  const at = partsOf(bytes)[1]?.at ?? 0;
  assert.deepEqual(elementsOf(bytes, at), [
    { key, packets: 0 },
    { key: [6], packets: 0 },
  ]);
  const [, first] = placesOf(bytes, at);
  assert.deepEqual([long(bytes, first?.[4]), long(bytes, (first?.[4] ?? 0) + 4)], [1, 5]);
});

test("what it leads to: an endpoint, or a chain to jump to; and how many it lets by", () => {
  const bytes = changeMessage(7, "box", [
    { set: "targets", added: [{ key: [1], leadsTo: [0xac11_010a, 0x22b8_0000] }] },
    { set: "doors", added: [{ key: [1], leadsTo: "gate_1a" }] },
    { set: "full", added: [{ key: [1], most: 3 }] },
  ]);
  const parts = partsOf(bytes);
  const inElement = (part: number, attribute: number): Int32Array => {
    const [, element] = placesOf(bytes, parts[part]?.at ?? 0);
    return placed(bytes, element?.[attribute]);
  };
  const target = inElement(1, 2)[1] ?? 0;
  assert.deepEqual([long(bytes, target), long(bytes, target + 4)], [0xac11_010a, 0x22b8_0000]);
  const verdict = placed(bytes, inElement(2, 2)[2]);
  assert.equal(long(bytes, verdict[1]), 0xffff_fffd);
  assert.equal(Buffer.from(bytes).toString("latin1", verdict[2], (verdict[2] ?? 0) + 8), "gate_1a\0");
  const count = inElement(3, 7);
  assert.equal(Buffer.from(bytes).toString("latin1", count[1], (count[1] ?? 0) + 10), "connlimit\0");
  const counted = placed(bytes, count[2]);
  assert.deepEqual([long(bytes, counted[1]), long(bytes, counted[2])], [3, 1]);
});

test("thousands of elements: lists that an attribute has room for, and none is missing", () => {
  const all = Array.from({ length: 1_201 }, (_, index) => [index]);
  const bytes = changeMessage(7, "box", [{ set: "some", added: all.map((key) => ({ key, most: 1 })) }]);
  const lists = partsOf(bytes).filter(({ type }) => type === NEW);
  assert.ok(lists.length > 1);
  for (const { at } of lists) assert.ok(sizeOf(bytes, at) < 0xffff);
  assert.deepEqual(
    lists.flatMap(({ at }) => elementsOf(bytes, at).map(({ key }) => key)),
    all,
  );
});

/** The places of a message's attributes, and of those of its first element. */
function placesOf(bytes: Uint8Array, at: number): readonly Int32Array[] {
  const message = new Int32Array(8);
  placeMessage(bytes, at, message);
  const elements: Int32Array[] = [];
  eachNested(bytes, message[3], (element) => elements.push(placed(bytes, element)));
  return [message, ...elements];
}

function placed(bytes: Uint8Array, at: number | undefined): Int32Array {
  const places = new Int32Array(8);
  placeNested(bytes, at, places);
  return places;
}
