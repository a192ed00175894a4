/**
 * Every target at once: 500 generated inventories with hostile names, and the largest there is, whose times are printed.
 *
 * What each file means to the program that reads it is tested target by target; here nothing may throw, and no name may
 * break out of its line.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { ALL, rendered } from "../../src/cli/render-choice.ts";
import { isUntouched, textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { Host } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { inventoryText } from "./generated.ts";
import { manyTerminals, textSubject } from "./subjects.ts";

async function textsOf(subject: Subject): Promise<ReadonlyMap<string, string>> {
  const { files } = await rendered({ name: ALL }, subject);
  return new Map(files.map((file) => [file.path, textOf(file, subject)]));
}

suite("every target", { timeout: 280_000 }, () => {
  test("500 generated inventories: nothing throws, headers hold, no control character gets through", async () => {
    let files = 0;
    await fc.assert(
      fc.asyncProperty(inventoryText, async (text) => {
        for (const [path, content] of await textsOf(textSubject(text))) {
          files += 1;
          if (/^(?:# |<!-- )Rendered by/m.test(content)) assert.ok(isUntouched(content), path);
          assert.doesNotMatch(content, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/, path);
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(files > 5_000, `${files} files`);
  });

  test(
    "7,128 terminals: rendered, and the ring loaded",
    { skip: needs(["nftables"], { root: true }) },
    async (context) => {
      const subject = textSubject(manyTerminals(7_128));
      const began = performance.now();
      const texts = await textsOf(subject);
      const done = performance.now();
      await using host = await Host.create("gateway");
      const ring = texts.get("nftables/ecluse-ring.nft") ?? assert.fail("no ring");
      host.tell(ring, "nft", "-f", "-");
      context.diagnostic(
        `${texts.size} files in ${Math.round(done - began)} ms; ring loaded in ${Math.round(performance.now() - done)} ms`,
      );
      assert.match(host.run("nft", "list", "tables"), /ecluse_ring/);
    },
  );
});
