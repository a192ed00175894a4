/** The page reads Server-Sent Events however the network cuts them. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { EventReader } from "../../src/web/page/live/event-reader.ts";

suite("Server-Sent Events", () => {
  test("id, event and data; comments and unknown fields say nothing", () => {
    const text = ': alive\n\nid: e1-7\nevent: began\nretry: 3\ndata: {"a":1}\n\nevent: lost\ndata: {}\n\n';
    assert.deepEqual(new EventReader().push(text), [
      { id: "e1-7", event: "began", data: '{"a":1}' },
      // The specification keeps the last id for an event that has none.
      { id: "e1-7", event: "lost", data: "{}" },
    ]);
  });

  test("data over several lines is one; an event without data is none", () => {
    assert.deepEqual(new EventReader().push("data: a\ndata: b\n\nevent: x\n\n"), [
      { id: "", event: "message", data: "a\nb" },
    ]);
  });

  test("cut anywhere, the same messages", () => {
    const whole = "id: e1-1\r\nevent: began\r\ndata: {}\r\n\r\nid: e1-2\nevent: ended\ndata: 22\n\n";
    const expected = new EventReader().push(whole);
    assert.equal(expected.length, 2);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const reader = new EventReader();
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const got = at.slice(1).flatMap((end, index) => reader.push(whole.slice(at[index], end)));
        assert.deepEqual(got, expected);
      }),
    );
  });
});
