/** When the rules say that the table may stand, before a kernel that takes them or does not. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { once } from "node:events";
import { EcluseError } from "../../../errors.ts";
import type { Nft } from "../../../netfilter/nft.ts";
import type { RunOptions } from "../../../netfilter/run-program.ts";
import { ipv4, turns } from "../../../../test/support/loopback.ts";
import { policyOf } from "../../../../test/support/relay.ts";
import { Rules } from "./rules.ts";
import { tableOf } from "./table.ts";

const TABLE = tableOf(policyOf([]));
const OTHER_FLOW = {
  listen: { address: ipv4("198.51.100.10"), port: 10_101 },
  target: { address: ipv4("172.17.1.10"), port: 8_888 },
};
const OTHER = tableOf(policyOf([OTHER_FLOW]));

function staged(isMarked = false) {
  const kernel = {
    refuses: (_script: string): boolean => false,
    listing: [] as readonly string[] | undefined,
    set: "there" as "there" | "absent" | "unreadable",
    takesElements: false,
    refusal: undefined as string | undefined,
    /** A set is told then, and a listing takes until then. */
    answers: undefined as Promise<unknown> | undefined,
    listed: undefined as Promise<unknown> | undefined,
  };
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
  const read = async ({ line, signal }: Required<RunOptions>): Promise<void> => {
    if (kernel.listed !== undefined) await Promise.race([kernel.listed, once(signal, "abort")]);
    signal.throwIfAborted();
    if (kernel.listing === undefined) throw new Error("no such table");
    for (const text of kernel.listing) line(text);
  };
  const sets = {
    read: async () => {
      await kernel.answers;
      if (kernel.set === "unreadable") throw new Error("no perl");
      return kernel.set === "there" ? [] : undefined;
    },
    change: (_table: string, changes: readonly { readonly set: string }[]): Promise<string | undefined> => {
      if (!kernel.takesElements) return Promise.reject(new Error("no perl"));
      seen.push(changes.map(({ set }) => set).join(" "));
      return Promise.resolve(kernel.refusal);
    },
    close: () => undefined,
  };
  const nft = { apply, read, outline: () => Promise.resolve([]) } as unknown as Nft;
  return {
    kernel,
    seen,
    mark,
    rules: new Rules({ nft, sets, settings: { source: "preserved", keepRules: false }, mark }),
  };
}

suite("Rules: the table is compared with what was told", () => {
  const STRANGE = ["\tmap doors {", "\t\telements = { 198.51.100.10 . 10101 : accept }", "\t}"];

  test("another hand in it: it is loaded whole", async () => {
    const { rules, kernel } = staged();
    assert.equal((await rules.tell(TABLE)).isWhole, true);
    assert.deepEqual(await rules.compare(), []);
    assert.equal((await rules.tell(TABLE)).isWhole, false);
    kernel.listing = STRANGE;
    assert.deepEqual(await rules.compare(), ["set doors: 1 element more (198.51.100.10 . 10101 : accept)"]);
    assert.deepEqual(await rules.compare(), [], "it is said once");
    assert.deepEqual(await rules.tell(TABLE), { isWhole: true, isAsTold: false, failure: undefined, found: [] });
  });

  test("it cannot be listed: it is gone, or cannot be read", async () => {
    const { rules, kernel } = staged();
    await rules.tell(TABLE);
    kernel.listing = undefined;
    assert.deepEqual(await rules.compare(), ["it is gone, or cannot be read"]);
  });

  test("what is told while it is listed: nothing is said of either", async () => {
    const { rules, kernel } = staged();
    await rules.tell(TABLE);
    kernel.listing = STRANGE;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    kernel.listed = promise;
    const compared = rules.compare();
    assert.equal((await rules.tell(OTHER)).isWhole, false);
    resolve(undefined);
    assert.deepEqual(await compared, []);
    assert.equal((await rules.compare()).length > 0, true);
  });

  test("what is compared while something is being told: nothing is said", async () => {
    const { rules, kernel } = staged();
    await rules.tell(TABLE);
    kernel.listing = STRANGE;
    const told = rules.tell(OTHER);
    assert.deepEqual(await rules.compare(), []);
    await told;
    assert.equal((await rules.compare()).length > 0, true);
    assert.equal((await rules.tell(OTHER)).isWhole, true);
  });

  test("a set is not read while the table is made anew: nobody knows which one it would be of", async () => {
    const { rules, kernel } = staged();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    kernel.answers = promise;
    const reads = [assert.rejects(rules.read("denied"), /is being made anew/)];
    kernel.refuses = () => {
      reads.push(assert.rejects(rules.read("denied"), /is being made anew/));
      return false;
    };
    await rules.tell(TABLE);
    resolve(undefined);
    assert.equal((await Promise.all(reads)).length, 2);
    assert.deepEqual(await rules.read("denied"), []);
  });

  test("closed: nothing is read, a listing ends, and nobody is started to do so", async () => {
    const { rules, kernel } = staged();
    await rules.tell(TABLE);
    kernel.listing = STRANGE;
    kernel.listed = new Promise(() => undefined);
    const compared = rules.compare();
    rules.close();
    assert.deepEqual(await compared, []);
    await assert.rejects(rules.read("taken"), /taken away/);
    assert.deepEqual(await rules.look(), []);
  });

  test("a look: it is gone, and that is said once; and then it is loaded whole", async () => {
    const { rules, kernel } = staged();
    kernel.set = "absent";
    assert.deepEqual(await rules.look(), [], "nothing was told yet");
    await rules.tell(TABLE);
    assert.deepEqual(await rules.look(), ["it is gone, or cannot be read"]);
    assert.deepEqual(await rules.look(), []);
    kernel.set = "there";
    assert.equal((await rules.tell(TABLE)).isWhole, true);
    assert.deepEqual(await rules.look(), []);
  });

  test("a look where no set can be read: all of it is listed", async () => {
    const { rules, kernel } = staged();
    await rules.tell(TABLE);
    kernel.set = "unreadable";
    assert.deepEqual(await rules.look(), []);
    kernel.listing = undefined;
    assert.deepEqual(await rules.look(), ["it is gone, or cannot be read"]);
  });

  test("a change is not taken, and the whole is: it was not as it had been told", async () => {
    const { rules, kernel } = staged();
    await rules.tell(TABLE);
    kernel.refuses = (script) => !script.includes("chain judge");
    const { isWhole, found } = await rules.tell(OTHER);
    assert.deepEqual([isWhole, found], [true, ["not permitted"]]);
    kernel.refuses = () => true;
    assert.deepEqual((await rules.tell(TABLE)).found, [], "nothing is taken: that is the failure");
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

suite("Rules: elements are told to the kernel itself", () => {
  const GATED = tableOf(
    policyOf([{ ...OTHER_FLOW, id: "flow/other", listen: { ...OTHER_FLOW.listen, port: 10_102 } }, OTHER_FLOW]),
  );

  test("one door more, whose gate is there: its elements, and no script", async () => {
    const { rules, kernel, seen } = staged();
    await rules.tell(OTHER);
    kernel.takesElements = true;
    kernel.refuses = () => assert.fail("a script");
    seen.length = 0;
    assert.deepEqual(await rules.tell(GATED), { isWhole: false });
    assert.deepEqual(seen, ["targets doors"]);
    await rules.taken.hold({ address: ipv4("172.17.1.10"), port: 8_888 });
    assert.deepEqual(seen, ["targets doors", "taken"]);
  });

  test("where the kernel is not told, or refuses, nft tells it", async () => {
    const { rules, kernel, seen } = staged();
    await rules.tell(OTHER);
    seen.length = 0;
    assert.deepEqual(await rules.tell(GATED), { isWhole: false });
    assert.deepEqual(seen, ["take away, marked"]);
    kernel.takesElements = true;
    kernel.refusal = "ENOENT";
    assert.deepEqual(await rules.tell(OTHER), { isWhole: false });
    assert.deepEqual(seen.slice(1), ["targets doors", "take away, marked"]);
  });

  test("a terminal that is taken: in the order asked for, not while the table is listed, and refused once", async () => {
    const { rules, kernel, seen } = staged();
    const terminal = { address: ipv4("172.17.1.10"), port: 8_888 };
    await rules.tell(OTHER);
    seen.length = 0;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    kernel.listed = promise;
    const compared = rules.compare();
    const held = rules.taken.hold(terminal);
    kernel.takesElements = true;
    await turns(10);
    assert.deepEqual(seen, []);
    resolve(undefined);
    await compared;
    await held;
    assert.deepEqual(seen, ["taken"]);
    kernel.refusal = "ENOENT";
    await rules.taken.release(terminal);
    assert.deepEqual(seen, ["taken", "taken"]);
  });

  test("a gate that is new, or that nobody needs: a script", async () => {
    const { rules, kernel, seen } = staged();
    await rules.tell(TABLE);
    kernel.takesElements = true;
    seen.length = 0;
    await rules.tell(OTHER);
    await rules.tell(TABLE);
    assert.deepEqual(seen, ["take away, marked", "take away, marked"]);
  });

  test("closed: nobody is started to tell it", async () => {
    const { rules, kernel, seen } = staged();
    await rules.tell(OTHER);
    kernel.takesElements = true;
    rules.close();
    seen.length = 0;
    await rules.taken.release({ address: ipv4("172.17.1.10"), port: 8_888 });
    assert.deepEqual(seen, ["take away, marked"]);
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

test("a rehearsal tells nothing, and the change after it is told as if there had been none", async () => {
  const [rehearsed, plain] = [staged(), staged()];
  for (const { kernel, rules } of [rehearsed, plain]) {
    kernel.takesElements = true;
    await rules.tell(TABLE);
  }
  const before = [...rehearsed.seen];
  rehearsed.rules.rehearse(OTHER);
  rehearsed.rules.rehearse(TABLE);
  assert.deepEqual(rehearsed.seen, before);
  for (const { rules } of [rehearsed, plain]) await rules.tell(OTHER);
  assert.ok(rehearsed.seen.length > before.length);
  assert.deepEqual(rehearsed.seen, plain.seen);
});
