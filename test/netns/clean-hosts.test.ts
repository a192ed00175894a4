/** No false alarm: the hosts of `clean-list.ts`, each read as it is. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CLEAN } from "./clean-list.ts";

suite("hosts that are right", { timeout: 280_000 }, () => {
  for (const { name, open, made = [], skip } of CLEAN) {
    test(`${name}: not a word`, { skip }, async () => {
      await using host = await open();
      host.sh(...made);
      assert.deepEqual(await host.audit(), []);
    });
  }
});
