import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
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
  const [first, second, ...others] = after.pieces.values();
  const [old, changed] = SOME.pieces.values();
  assert.equal(first, old);
  assert.notEqual(second, changed);
  assert.deepEqual(others, []);
});

test("two that hold the same are equal, however they came about; a value more, or another, and they are not", () => {
  const same = EMPTY.with([...SOME].toReversed())
    .with([[70, "e"]])
    .with([[70, undefined]]);
  assert.deepEqual(same, SOME);
  assert.notDeepEqual(SOME.with([[10, "C"]]), SOME);
  assert.notDeepEqual(SOME.with([[11, "e"]]), SOME.with([[12, "e"]]));
});

test("whatever changes one after another, it holds what a map would, and tells exactly what differs", () => {
  const change = fc.tuple(fc.nat({ max: 60 }), fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }));
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 6 }), (steps) => {
      const plain = new Map<number, string>();
      let pieced = EMPTY;
      for (const step of steps) {
        const before = pieced;
        const old = new Map(plain);
        pieced = pieced.with(step);
        for (const [key, value] of step) {
          if (value === undefined) plain.delete(key);
          else plain.set(key, value);
        }
        assert.deepEqual(new Map(pieced), plain);
        assert.equal(pieced.size, plain.size);
        assert.deepEqual(new Map(before), old);
        const keys = new Set([...old.keys(), ...plain.keys()]);
        const differing = [...keys].filter((key) => old.get(key) !== plain.get(key));
        assert.deepEqual(new Set(pieced.changesSince(before).map(({ key }) => key)), new Set(differing));
      }
    }),
  );
});
