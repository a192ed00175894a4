import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import fc from "fast-check";
import { formatInstant, readInstant } from "./instant.ts";

const NOW = Date.parse("2026-11-22T10:15:30.250Z");

suite("readInstant", () => {
  // Two hours ahead of UTC in summer, one in winter.
  before(() => (process.env["TZ"] = "Europe/Paris"));

  const table: readonly (readonly [text: string, instant: string])[] = [
    ["14:30", "2026-11-22T13:30:00Z"],
    ["14:30:05", "2026-11-22T13:30:05Z"],
    ["00:00", "2026-11-21T23:00:00Z"],
    ["2026-11-01", "2026-10-31T23:00:00Z"],
    ["2026-07-01", "2026-06-30T22:00:00Z"],
    ["2026-07-01T14:30", "2026-07-01T12:30:00Z"],
    ["2026-07-01T14:30:07", "2026-07-01T12:30:07Z"],
    ["2026-07-01T14:30Z", "2026-07-01T14:30:00Z"],
    ["2026-07-01T14:30:00-03:30", "2026-07-01T18:00:00Z"],
    ["2h", "2026-11-22T08:15:30.250Z"],
    ["90d", "2026-08-24T10:15:30.250Z"],
    ["0s", "2026-11-22T10:15:30.250Z"],
  ];
  for (const [text, instant] of table) {
    test(text, () => assert.equal(readInstant(text, NOW), Date.parse(instant)));
  }

  test("today is the local day", () => {
    const lateEvening = Date.parse("2026-11-22T23:30:00Z");
    assert.equal(readInstant("14:30", lateEvening), Date.parse("2026-11-23T13:30:00Z"));
  });

  const nothing = [
    "",
    "14",
    "14:3",
    "24:00",
    "14:60",
    "2026-02-30",
    "2026-11-01 14:30",
    "2026-11-01T",
    "T14:30",
    "now",
  ];
  for (const text of [...nothing, "yesterday", "-2h", "2", "1.5h", "2026-11-01T14:30+25:00"]) {
    test(`"${text}" is none`, () => assert.equal(readInstant(text, NOW), undefined));
  }
});

suite("formatInstant", () => {
  test("local time, with its zone", () => {
    assert.equal(formatInstant(Date.parse("2026-07-01T12:30:07.9Z")), "2026-07-01T14:30:07+02:00");
    assert.equal(formatInstant(Date.parse("2026-11-22T10:15:30Z")), "2026-11-22T11:15:30+01:00");
  });

  test("what it writes is read back, to the second, in any zone", () => {
    // From 1972 on the offsets of these zones are whole minutes (tz database).
    const seconds = fc.integer({ min: 63_072_000, max: 4_102_444_800 });
    for (const zone of ["Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "UTC"]) {
      process.env["TZ"] = zone;
      fc.assert(
        fc.property(seconds, (second) => assert.equal(readInstant(formatInstant(second * 1_000), NOW), second * 1_000)),
      );
    }
  });
});
