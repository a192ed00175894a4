import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

for (const [took, again] of [
  [0, 0],
  [4, 400],
  [80, 8_000],
  [400, 10_000],
] as const)
  test(`what took ${took} ms is read again after ${again} ms`, async () => {
    let now = 5;
    const pace = new Pace(() => now, 10_000);
    assert.equal(pace.isDue, true);
    const read = pace.spend(() => {
      now += took;
      return Promise.reject(new Error("also where it failed"));
    });
    await assert.rejects(read);
    now += again;
    assert.equal(pace.isDue, true);
    now -= 1;
    assert.equal(pace.isDue, false);
  });
