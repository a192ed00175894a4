import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { csv } from "./csv.ts";

suite("csv", () => {
  const sheet = { columns: ["a", "b"], rows: [["1,5", 'say "no"; go']] };

  test("in English: commas, no mark", () => {
    assert.equal(csv(sheet, "en"), 'a,b\r\n"1,5","say ""no""; go"\r\n');
  });

  test("in French: semicolons, and the byte order mark", () => {
    assert.equal(csv(sheet, "fr"), '\uFEFFa;b\r\n"1,5";"say ""no""; go"\r\n');
  });

  for (const formula of ["=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]) {
    test(`${JSON.stringify(formula)} is no formula`, () => {
      const [, line = ""] = csv({ columns: ["a"], rows: [[formula]] }, "en").split(/\r\n(?!=)/);
      assert.match(line, /^"?'/);
    });
  }

  test("what is none stays as it is", () => {
    const cells = ["2026-11-01", "192.0.2.1", "(a)", "’", "Ticket = 4711"];
    assert.equal(csv({ columns: cells, rows: [] }, "en"), `${cells.join(",")}\r\n`);
  });
});
