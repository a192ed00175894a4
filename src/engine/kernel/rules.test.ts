/** When the rules say that the table may stand, before a kernel that takes them or does not. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { EcluseError } from "../../errors.ts";
import type { Nft } from "../../netfilter/nft.ts";
import { policyOf } from "../../../test/support/relay.ts";
import { Rules } from "./rules.ts";
import { tableOf } from "./table.ts";

const TABLE = tableOf(policyOf([]));

function staged(isMarked = false) {
  const kernel = { refuses: (_script: string): boolean => false, listing: [] as readonly string[] };
  const seen: string[] = [];
  let isThere = isMarked;
  const mark = {
    file: "",
    isThere: () => isThere,
    put: () => void (isThere = true),
    remove: () => void (isThere = false),
  };
  const apply = (script: string): Promise<void> => {
    seen.push(`${script.includes("chain judge") ? "load" : "take away"}, ${isThere ? "marked" : "unmarked"}`);
    if (!kernel.refuses(script)) return Promise.resolve();
    return Promise.reject(new EcluseError("packet-filter", "not permitted", { hint: "be root" }));
  };
  const read = (line: (text: string) => void) => {
    for (const text of kernel.listing) line(text);
    return Promise.resolve();
  };
  const nft = { apply, read, outline: () => Promise.resolve([]) } as unknown as Nft;
  return { kernel, seen, mark, rules: new Rules(nft, { source: "preserved", keepRules: false }, mark) };
}

suite("Rules: the table is compared with what was told", () => {
  const STRANGE = ["\tmap doors {", "\t\telements = { 198.51.100.10 . 10101 : accept }", "\t}"];

  test("another hand in it: it is loaded whole", async () => {
    const { rules, kernel } = staged();
    assert.equal((await rules.tell(TABLE)).isWhole, true);
    await rules.compare();
    assert.equal((await rules.tell(TABLE)).isWhole, false);
    kernel.listing = STRANGE;
    await rules.compare();
    assert.equal((await rules.tell(TABLE)).isWhole, true);
  });

  test("another hand in it right after the load: it is loaded whole again, and compared from then on", async () => {
    const { rules, kernel } = staged();
    for (let times = 0; times < 2; times += 1) {
      kernel.listing = STRANGE;
      assert.equal((await rules.tell(TABLE)).isWhole, true);
      kernel.listing = [];
      assert.equal((await rules.tell(TABLE)).isWhole, false);
      kernel.listing = STRANGE;
      await rules.compare();
      kernel.listing = [];
      assert.equal((await rules.tell(TABLE)).isWhole, true);
      kernel.listing = STRANGE;
      await rules.compare();
    }
  });

  test("an nft that prints what cannot be read: it is loaded twice, and not again and again", async () => {
    const { rules, kernel } = staged();
    kernel.listing = STRANGE;
    const loads: boolean[] = [];
    for (let times = 0; times < 4; times += 1) {
      loads.push((await rules.tell(TABLE)).isWhole);
      await rules.compare();
    }
    assert.deepEqual(loads, [true, true, false, false]);
  });
});

suite("Rules: the mark", () => {
  test("is there before the table is, and goes after it", async () => {
    const { rules, mark, seen } = staged();
    await rules.tell(TABLE);
    assert.equal(mark.isThere(), true);
    await rules.remove();
    assert.deepEqual(seen, ["load, marked", "take away, marked"]);
    assert.equal(mark.isThere(), false);
  });

  test("a table that was not taken away keeps it", async () => {
    const { rules, mark, kernel } = staged();
    await rules.tell(TABLE);
    kernel.refuses = () => true;
    await rules.remove();
    assert.equal(mark.isThere(), true);
  });

  test("a process that may load nothing leaves none", async () => {
    const { rules, mark, kernel } = staged();
    kernel.refuses = () => true;
    assert.ok((await rules.tell(TABLE)).failure);
    await rules.remove();
    assert.equal(mark.isThere(), false);
  });

  test("nor does it take away what an earlier one has left", async () => {
    const { rules, mark, kernel } = staged(true);
    kernel.refuses = () => true;
    assert.ok((await rules.tell(TABLE)).failure);
    await rules.remove();
    assert.equal(mark.isThere(), true);
  });
});
