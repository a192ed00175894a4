import assert from "node:assert/strict";
import { test } from "node:test";
import { PiecedMap } from "./pieced-map.ts";

const EMPTY = PiecedMap.empty<string>(10);
const SOME = EMPTY.with([
  [1, "a"],
  [9, "b"],
  [10, "c"],
  [55, "d"],
]);

test("it is read as any map", () => {
  assert.deepEqual([...SOME], [...new Map(SOME)]);
  assert.deepEqual([...SOME.keys()], [1, 9, 10, 55]);
  assert.deepEqual([...SOME.values()], ["a", "b", "c", "d"]);
  const seen: unknown[] = [];
  SOME.forEach((value, key, map) => seen.push([key, value, map === SOME]));
  assert.deepEqual(seen[1], [9, "b", true]);
  assert.equal(SOME.size, 4);
  assert.deepEqual(
    [SOME.get(10), SOME.get(11), SOME.has(55), SOME.has(54), SOME.has(555)],
    ["c", undefined, true, false, false],
  );
});

test("what changes is in the new one alone", () => {
  const after = SOME.with([
    [9, undefined],
    [10, "C"],
    [12, "e"],
    [77, undefined],
  ]);
  assert.deepEqual(
    [...after],
    [
      [1, "a"],
      [10, "C"],
      [12, "e"],
      [55, "d"],
    ],
  );
  assert.equal(after.size, 4);
  assert.deepEqual([...SOME.values()], ["a", "b", "c", "d"]);
});

test("changes are told, what is there first; a value that is the same is none", () => {
  const after = SOME.with([
    [9, undefined],
    [1, "a"],
    [10, "C"],
    [12, "e"],
    [55, undefined],
  ]);
  assert.deepEqual(after.changesSince(SOME), [
    { key: 10, was: "c", is: "C" },
    { key: 12, was: undefined, is: "e" },
    { key: 9, was: "b", is: undefined },
    { key: 55, was: "d", is: undefined },
  ]);
  assert.deepEqual(SOME.changesSince(SOME), []);
  assert.equal(SOME.changesSince(EMPTY).length, 4);
  assert.equal(EMPTY.changesSince(SOME).length, 4);
});

test("pieces of which nothing changed are the same objects, and an empty one is none", () => {
  const after = SOME.with([
    [10, "C"],
    [55, undefined],
  ]);
  const [first, second, ...others] = after.pieces;
  const [old, changed] = SOME.pieces;
  assert.equal(first, old);
  assert.notEqual(second, changed);
  assert.deepEqual(others, []);
});
