import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { runsOf } from "./runs.ts";

interface Row {
  readonly key: string;
  readonly number: number;
}

const runs = (rows: readonly Row[]) =>
  runsOf(
    rows,
    ({ key }) => key,
    (row, before) => row.number === before.number + 1,
  );

suite("runsOf", () => {
  test("adds up what follows, whatever of other keys stands between", () => {
    const [a1, b1, a2, b3] = [row("a", 1), row("b", 1), row("a", 2), row("b", 3)];
    assert.deepEqual(runs([a1, b1, a2, b3]), [
      { first: a1, last: a2 },
      { first: b1, last: b1 },
      { first: b3, last: b3 },
    ]);
  });

  test("loses no row and adds none", () => {
    const rows = fc.array(fc.record({ key: fc.constantFrom("a", "b"), number: fc.nat(5) }));
    fc.assert(
      fc.property(rows, (list) => {
        const back = runs(list).flatMap(({ first, last }) =>
          Array.from({ length: last.number - first.number + 1 }, (_, at) => row(first.key, first.number + at)),
        );
        const sorted = (all: readonly Row[]): readonly string[] =>
          all.map(({ key, number }) => `${key}${number}`).sort();
        assert.deepEqual(sorted(back), sorted(list));
      }),
    );
  });
});

function row(key: string, number: number): Row {
  return { key, number };
}
