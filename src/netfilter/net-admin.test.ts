import assert from "node:assert/strict";
import { test } from "node:test";
import { hasNetAdmin } from "./net-admin.ts";

for (const [status, expected] of [
  ["Name:\tnode\nCapPrm:\t0000000000000000\nCapEff:\t0000000000001000\n", true],
  ["CapEff:\t000001ffffffffff\n", true],
  ["CapPrm:\t0000000000001000\nCapEff:\t0000000000000000\n", false],
  ["CapEff:\t000001ffffffefff\nCapBnd:\t000001ffffffffff\n", false],
  ["", true],
] as const) {
  test(`hasNetAdmin: ${JSON.stringify(status)} -> ${expected}`, () => {
    assert.equal(hasNetAdmin(status), expected);
  });
}
