import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { addDays, addMonths, dayOf, isDate, lacksZone, parseInstant } from "./instant.ts";

suite("parseInstant", () => {
  test("reads date, time and zone", () => {
    assert.equal(parseInstant("2026-12-01T18:00:00+01:00"), Date.UTC(2026, 11, 1, 17));
    assert.equal(parseInstant("2026-12-01T17:00Z"), Date.UTC(2026, 11, 1, 17));
  });

  const wrong = [
    "2026-12-01",
    "2026-12-01T18:00:00",
    "2026-12-01 18:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-12-01T24:00:00Z",
    "2026-12-01T18:60:00Z",
    "2026-12-01T18:00:00+0100",
    "2026-12-01T18:00:00+15:00",
    "2026-12-01T18:00:00 Europe/Paris",
    "tomorrow",
    "",
  ];
  for (const text of wrong) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseInstant(text), undefined));
  }

  test("lacksZone knows what only lacks a time zone", () => {
    assert.deepEqual(["2026-12-01", "2026-12-01T18:00", "2026-12-01 18:00:00", "tomorrow"].map(lacksZone), [
      true,
      true,
      true,
      false,
    ]);
  });
});

suite("days", () => {
  test("isDate takes days that exist", () => {
    assert.deepEqual(["2024-02-29", "2026-02-29", "2026-13-01", "2026-1-1", "01/11/2026"].map(isDate), [
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test("addMonths keeps to the month's last day", () => {
    assert.equal(addMonths("2026-08-31", 6), "2027-02-28");
    assert.equal(addMonths("2026-11-01", 6), "2027-05-01");
    assert.equal(addMonths("2023-08-29", 6), "2024-02-29");
  });

  test("addDays and dayOf count in UTC", () => {
    assert.equal(addDays("2026-12-31", 1), "2027-01-01");
    assert.equal(dayOf(Date.UTC(2026, 10, 22, 23, 59)), "2026-11-22");
  });
});
