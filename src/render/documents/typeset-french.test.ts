import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { code, plain } from "./document.ts";
import { fr, frText } from "./typeset-french.ts";

suite("fr", () => {
  test("sets its own words", () => {
    assert.equal(fr`L'eau : « oui » ; non ? Si !`, "L’eau\u00A0: «\u00A0oui\u00A0»\u202F; non\u202F? Si\u202F!");
  });

  test("leaves names as they are", () => {
    assert.equal(fr`Dépôt ${"L'eau : 1"} :`, "Dépôt L'eau : 1\u00A0:");
    assert.equal(fr`Dépôt ${"two"} :`, "Dépôt two\u00A0:");
  });

  test("with pieces, too", () => {
    assert.equal(plain(frText`D'abord ${code("a ; b")} ; ${2} :`), "D’abord a ; b\u202F; 2\u00A0:");
  });
});
