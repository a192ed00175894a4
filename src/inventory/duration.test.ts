import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "./duration.ts";

suite("parseDuration", () => {
  const table = { "200ms": 200, "5s": 5_000, "2m": 120_000, "1h": 3_600_000, "400d": 34_560_000_000, "0s": 0 };
  for (const [text, value] of Object.entries(table)) {
    test(`reads ${text}`, () => assert.equal(parseDuration(text), value));
  }

  for (const text of [
    "",
    "5",
    "s",
    "05s",
    "5 s",
    " 5s",
    "5s ",
    "-5s",
    "+5s",
    "1.5s",
    "1e3s",
    "5S",
    "5sec",
    "5s5s",
    "1h30m",
    "٥s",
    "9999999999999s",
  ]) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), undefined));
  }

  test("reads what formatDuration writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (value) =>
        assert.equal(parseDuration(formatDuration(value)), value),
      ),
    );
  });
});
