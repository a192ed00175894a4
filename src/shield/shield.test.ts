/** The shield's life, before a kernel that knows its words and fails when it is told to. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { manualClock } from "../../test/support/clock.ts";
import { ipv4 } from "../../test/support/loopback.ts";
import { policyOf } from "../../test/support/relay.ts";
import { ShieldKernel } from "../../test/support/shield-kernel.ts";
import { EcluseError } from "../errors.ts";
import type { NftObject } from "../netfilter/nft.ts";
import type { Policy } from "../policy/policy.ts";
import { type Mark, ownMark } from "./mark.ts";
import type { Refused } from "./refused.ts";
import { REMOVED, emptyTable } from "./script.ts";
import { Shield, type ShieldCondition } from "./shield.ts";

const [TILL, GUEST] = ["203.0.113.7", "192.0.2.66"];
const DOOR = { address: ipv4("198.51.100.10"), port: 4_001 };
const SPELT = "198.51.100.10 . 4001";

/** nft, as far as the shield knows it. */
class Nft {
  /** What stands; absent: no table. */
  kernel: ShieldKernel | undefined;
  /** What was asked for, in its first words. */
  readonly asked: string[] = [];
  /** Why a script is refused; absent: it is not. */
  refuses: (script: string) => string | undefined = () => undefined;
  hangs = false;
  packets = 0;

  apply(script: string): Promise<void> {
    this.asked.push(script === REMOVED ? "remove" : script.startsWith(REMOVED) ? "raise" : "change");
    if (this.hangs) return new Promise(() => undefined);
    const why = this.refuses(script);
    if (why !== undefined) return Promise.reject(new EcluseError("packet-filter", why, { hint: "be root" }));
    this.#take(script);
    return Promise.resolve();
  }

  #take(script: string): void {
    if (script.startsWith(REMOVED)) this.kernel = script === REMOVED ? undefined : new ShieldKernel();
    const [header] = [emptyTable("drop"), emptyTable("reject with tcp reset")].filter((each) =>
      script.startsWith(each),
    );
    if (script !== REMOVED) this.kernel?.run(script.slice(header?.length ?? 0));
  }

  list(kind: string): Promise<readonly NftObject[]> {
    if (this.kernel === undefined) {
      return Promise.reject(new EcluseError("packet-filter", "No such file or directory", { hint: "look" }));
    }
    const elem = { val: { concat: [GUEST, "198.51.100.10", 4_001] }, counter: { packets: this.packets } };
    return Promise.resolve([
      kind === "counter"
        ? { counter: { packets: this.packets } }
        : { set: { elem: this.packets > 0 ? [{ elem }] : [] } },
    ]);
  }

  lets(source: string): boolean {
    return this.kernel?.lets(ipv4(source), SPELT) ?? true;
  }
}

function staged(given: { readonly mark?: Mark } = {}) {
  const nft = new Nft();
  const clock = manualClock();
  const told: ShieldCondition[] = [];
  const refused: Refused[] = [];
  const mark = given.mark ?? ownMark();
  const shield = new Shield({
    ...{ nft, clock, mark },
    refused: (row) => refused.push(row),
    told: (condition) => told.push(condition),
  });
  return { nft, clock, told, refused, shield, mark };
}

function policy(...allow: readonly string[]): Policy {
  return { ...policyOf([{ listen: DOOR, target: DOOR, allow }]), shield: true };
}

const WITHOUT: Policy = policyOf([{ listen: DOOR, target: DOOR }]);
const UP = { state: "up", answer: "reset" } as const;

suite("Shield", () => {
  test("nobody asks for it: the kernel is left alone", async () => {
    const { shield, nft, told } = staged();
    await shield.widen(WITHOUT);
    await shield.narrow();
    await shield.look();
    await shield.lower();
    assert.deepEqual([nft.asked, told], [[], []]);
  });

  test("opens before the engine is told, closes after", async () => {
    const { shield, nft, told } = staged();
    await shield.widen(policy(TILL));
    assert.deepEqual([nft.lets(TILL), nft.lets(GUEST)], [true, false]);
    await shield.narrow();
    await shield.widen(policy(GUEST));
    assert.deepEqual([nft.lets(TILL), nft.lets(GUEST)], [true, true]);
    await shield.narrow();
    assert.deepEqual([nft.lets(TILL), nft.lets(GUEST)], [false, true]);
    assert.deepEqual(nft.asked, ["raise", "change", "change"]);
    assert.deepEqual(told, [UP]);
  });

  test("an inventory that asks for it no more takes it away", async () => {
    const { shield, nft, told, mark } = staged();
    await shield.widen(policy(TILL));
    assert.equal(mark.isThere(), true);
    await shield.widen(WITHOUT);
    assert.deepEqual([nft.kernel, mark.isThere()], [undefined, false]);
    assert.deepEqual(told, [UP, { state: "off" }]);
  });

  test("a change that the kernel refuses ends in no shield, and the shield is tried again", async () => {
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    nft.refuses = (script) => (script === REMOVED ? undefined : "full");
    await shield.widen(policy(TILL, GUEST));
    await shield.narrow();
    assert.deepEqual([nft.kernel, nft.lets(GUEST)], [undefined, true]);
    const [, down] = told;
    assert.match(down?.state === "down" ? down.message : "", /^The shield is down, .* by the process: full$/);
    const tries = nft.asked.length;
    await shield.widen(policy(TILL));
    await shield.look();
    assert.equal(nft.asked.length, tries, "not at once");
    nft.refuses = () => undefined;
    clock.pass(10_000);
    await shield.look();
    assert.deepEqual([nft.lets(TILL), nft.lets(GUEST), told.length, told[2]], [true, false, 3, UP]);
  });

  test("it is tried again less and less often, and told of once", async () => {
    const { shield, nft, clock, told } = staged();
    nft.refuses = () => "Operation not permitted";
    await shield.widen(policy(TILL));
    let looks = 0;
    for (let second = 0; second < 3_600; second += 10) {
      clock.pass(10_000);
      const before = nft.asked.length;
      await shield.look();
      if (nft.asked.length > before) looks += 1;
    }
    assert.deepEqual([looks, told.length], [10, 1]);
    await shield.lower();
    assert.deepEqual(told.at(-1), { state: "off" }, "nothing ever stood");
  });

  test("a table that cannot be taken away is told of as such", async () => {
    const { shield, nft, told } = staged();
    await shield.widen(policy(TILL));
    nft.refuses = () => "out of order";
    await shield.widen(policy(GUEST));
    const [, down] = told;
    assert.match(down?.state === "down" ? down.message : "", /; what stands of it may shut out who is allowed$/);
  });

  test("a kernel that cannot answer drops", async () => {
    const { shield, nft } = staged();
    nft.refuses = (script) => (script.includes("reject") ? "Operation not supported" : undefined);
    await shield.widen(policy(TILL));
    assert.deepEqual(shield.condition, { state: "up", answer: "drop" });
  });

  test("nobody waits for an nft that hangs", async () => {
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    nft.hangs = true;
    const widened = shield.widen(policy(TILL, GUEST));
    // Once for the change, once for the removal.
    for (const asked of [2, 3]) {
      while (nft.asked.length < asked) await Promise.resolve();
      clock.pass(10_000);
    }
    await widened;
    const [, down] = told;
    assert.match(down?.state === "down" ? down.message : "", /nft did not end within 10 s; what stands of it may/);
  });

  test("whom it refused is told at each look", async () => {
    const { shield, nft, refused } = staged();
    await shield.widen(policy(TILL));
    nft.packets = 3;
    await shield.look();
    await shield.look();
    nft.packets = 5;
    await shield.lower();
    assert.deepEqual(
      refused.map(({ count }) => count),
      [3, 2],
    );
    assert.deepEqual(refused[0]?.from, { source: ipv4(GUEST), endpoint: DOOR });
  });

  test("a table that somebody else took away is put up again", async () => {
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    nft.kernel = undefined;
    await shield.look();
    assert.equal(shield.condition.state, "down");
    clock.pass(10_000);
    await shield.look();
    assert.deepEqual([nft.lets(GUEST), told.length], [false, 3]);
  });

  test("a clock that was set has the ends of rights written anew", async () => {
    const { shield, nft, clock } = staged();
    await shield.widen(policy(TILL));
    clock.setWall(clock.wall() - 3_600_000);
    await shield.look();
    await shield.look();
    assert.deepEqual(nft.asked, ["raise", "raise"]);
  });

  test("left to another process it is not touched, and taken back it is written anew", async () => {
    const { shield, nft, mark } = staged();
    await shield.widen(policy(TILL));
    await shield.leave();
    await shield.widen(policy(GUEST));
    await shield.narrow();
    await shield.lower();
    assert.deepEqual([nft.asked, mark.isThere()], [["raise"], true]);
    await shield.comeBack();
    assert.deepEqual(nft.asked, ["raise", "raise"]);
  });

  test("what an earlier process left behind is taken away where nobody asks for it", async () => {
    const mark = ownMark();
    mark.put();
    const { shield, nft } = staged({ mark });
    await shield.widen(WITHOUT);
    assert.deepEqual([nft.asked, mark.isThere()], [["remove"], false]);
  });

  test("or, without the right to do so, told of", async () => {
    const mark = ownMark();
    mark.put();
    const { shield, nft, told } = staged({ mark });
    nft.refuses = () => "Operation not permitted";
    await shield.widen(WITHOUT);
    const [down] = told;
    assert.match(
      down?.state === "down" ? down.message : "",
      /^The shield may stand still, and shut out who is allowed/,
    );
    assert.equal(mark.isThere(), true);
  });

  test("who stands by does not take away what the running process keeps", async () => {
    const mark = ownMark();
    mark.put();
    const { shield, nft } = staged({ mark });
    await shield.lower();
    assert.deepEqual([nft.asked, mark.isThere()], [[], true]);
  });
});
