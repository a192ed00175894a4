/** That the lists are whole: no code without a drift, no host that nobody tries. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { AUDIT_CATALOGUE } from "../../src/audit/catalogue.ts";
import { CLEAN } from "./clean-list.ts";
import { DRIFT_HOSTS } from "./drifts.ts";
import { DRIFTS } from "./drifts-list.ts";

suite("the drifts and the clean hosts", () => {
  test("are many, and each has a name of its own", () => {
    for (const [list, least] of [
      [DRIFTS, 25],
      [CLEAN, 20],
    ] as const) {
      assert.equal(new Set(list.map(({ name }) => name)).size, list.length);
      assert.ok(list.length >= least);
    }
  });

  test("bring forth every code; what cannot be read is tried in audit-ssh.test.ts", () => {
    const seen = new Set<string>(DRIFTS.flatMap(({ found, along = [] }) => [found, ...along]));
    assert.deepEqual(
      Object.keys(AUDIT_CATALOGUE).filter((code) => !seen.has(code)),
      ["cannot-read"],
    );
  });

  test("are tried, each in one file", () => {
    const files = globSync("drifts-*.test.ts", { cwd: import.meta.dirname });
    const texts = files.map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8"));
    const tried = texts.flatMap((text) => [...text.matchAll(/tryDrifts\w*On\("(.*)"\)/g)].map(([, name]) => name));
    assert.deepEqual(tried.sort(), Object.keys(DRIFT_HOSTS).sort());
  });
});
