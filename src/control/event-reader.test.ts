import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { EventReader, type ReadEvent } from "./event-reader.ts";

function readAll(pieces: readonly Uint8Array[]): readonly ReadEvent[] {
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.read(piece));
}

const TEXT = [
  "retry: 1000\nid: e-3\n\n:\n\n",
  'id: e-4\nevent: began\ndata: {"flow":"Dépôt 22"}\n\n',
  "data:one\r\ndata: two\r\n\r\n",
  "id: e-5\nevent: lost\ndata: {}\n\nid: e-6\nevent: cut short",
].join("");

suite("EventReader", () => {
  test("reads events with their ids; comments and what has no data are none", () => {
    assert.deepEqual(readAll([Buffer.from(TEXT)]), [
      { id: "e-4", event: "began", data: '{"flow":"Dépôt 22"}' },
      { id: "e-4", event: "message", data: "one\ntwo" },
      { id: "e-5", event: "lost", data: "{}" },
    ]);
  });

  test("comes to the same in whatever pieces it arrives", () => {
    const bytes = Buffer.from(TEXT);
    const whole = readAll([bytes]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length })), (cuts) => {
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
        assert.deepEqual(readAll(pieces), whole);
      }),
    );
  });
});
