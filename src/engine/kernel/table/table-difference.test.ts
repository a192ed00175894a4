import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { TableDifference } from "./table-difference.ts";

suite("TableDifference", () => {
  test("nothing: no words", () => {
    assert.deepEqual(new TableDifference().words, []);
  });

  test("chains first, each once; of many elements that are more three are named", () => {
    const difference = new TableDifference();
    difference.gone("doors", 7_128);
    difference.gone("targets", 0);
    for (let host = 1; host <= 7_128; host += 1) difference.more("doors", `192.0.2.${host}`);
    difference.chain("knock", "has other rules");
    difference.chain("knock", "has other rules");
    assert.deepEqual(difference.words, [
      "chain knock has other rules",
      "set doors: 7128 elements gone, 7128 elements more (192.0.2.1, 192.0.2.2, 192.0.2.3, ...)",
    ]);
  });

  test("of many places ten are told", () => {
    const difference = new TableDifference();
    for (let gate = 1; gate <= 12; gate += 1) difference.chain(`gate_${gate}`, "is gone");
    assert.equal(difference.words.length, 11);
    assert.equal(difference.words.at(-1), "and 2 places more");
  });

  test("somebody else's words are cut, and cannot steer a terminal", () => {
    const difference = new TableDifference();
    difference.chain("a\u009b2J", "was added");
    difference.more("full", "x".repeat(81));
    assert.deepEqual(difference.words, [
      "chain a\\u{9b}2J was added",
      `set full: 1 element more (${"x".repeat(80)}...)`,
    ]);
  });
});
