import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { placeOf, sourceFile } from "../tree.ts";
import { readCells } from "./csv.ts";

suite("readCells", () => {
  test("reads back what RFC 4180 writes, whatever the separator", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", '"', ";", ",", "\t", "\n", " ", "'", "1"), maxLength: 8 });
    const trimmed = text.map((cell) => cell.trim());
    const rows = fc.array(fc.array(trimmed, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom(",", ";", "\t"), fc.constantFrom("\n", "\r\n"), (table, separator, end) => {
        const written = table.map((row) => row.map(quoted).join(separator) + end).join("");
        assert.deepEqual(textsOf(written, separator), table);
      }),
    );
  });

  const cases = [
    ["a,b", [["a", "b"]]],
    ["a,b\n", [["a", "b"]]],
    ["a,\n", [["a", ""]]],
    ["a,", [["a", ""]]],
    ["\n\na", [[], [], ["a"]]],
    [" a , b ", [["a", "b"]]],
    ['"a" x,b', [["a x", "b"]]],
    ['"open,\nb', [["open,\nb"]]],
    ['a"b,c', [['a"b', "c"]]],
  ] as const;
  for (const [written, cells] of cases) {
    test(JSON.stringify(written), () => assert.deepEqual(textsOf(written, ","), cells));
  }

  test("knows where each cell stands, behind a cell of several lines too", () => {
    const [, row] = readCells(sourceFile("t.csv", 'a,b\n"x\ny",z\n'), ",");
    assert.deepEqual(
      row?.map(({ at }) => [placeOf(at).line, placeOf(at).column]),
      [
        [2, 1],
        [3, 4],
      ],
    );
  });
});

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

function textsOf(text: string, separator: string): readonly (readonly string[])[] {
  return readCells(sourceFile("t.csv", text), separator).map((row) => row.map((cell) => cell.text));
}
