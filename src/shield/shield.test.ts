/** The shield's life, before a kernel that knows its words and fails when it is told to. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type ManualClock, manualClock } from "../../test/support/clock.ts";
import { ipv4 } from "../../test/support/loopback.ts";
import { policyOf } from "../../test/support/relay.ts";
import { ShieldKernel } from "../../test/support/shield-kernel.ts";
import { EcluseError } from "../errors.ts";
import type { SetElement } from "../netfilter/netlink/set-message.ts";
import type { Policy } from "../policy/policy.ts";
import { NOTHING, coverOf } from "./cover.ts";
import { type Mark, ownMark } from "./mark.ts";
import type { Refused } from "./refused.ts";
import { LIFE, REFUSED_IN_ALL, REMOVED, difference, emptyTable } from "./script.ts";
import { Shield, type ShieldCondition } from "./shield.ts";

const [TILL, GUEST] = ["203.0.113.7", "192.0.2.66"];
const DOOR = { address: ipv4("198.51.100.10"), port: 4_001 };
const SPELT = "198.51.100.10 . 4001";

/** nft, and what the kernel says of its sets, as far as the shield knows them. */
class Nft {
  /** What stands; absent: no table. */
  kernel: ShieldKernel | undefined;
  /** What was asked for, in its first words. */
  readonly asked: string[] = [];
  /** Why a script is refused; absent: it is not. */
  refuses: (script: string) => string | undefined = () => undefined;
  /** Which scripts it does not end with. */
  hangsOver: (script: string) => boolean = () => false;
  packets = 0;
  /** How often whom it refused was listed. */
  listings = 0;
  /** The same of how many they were. */
  looks = 0;
  /** Whether the kernel answers when it is asked for a set. */
  answers: "yes" | "no" = "yes";
  closed = 0;
  /** What the process's monotonic clock said when the table was put up, or the copy was made that stands instead. */
  born = 0;
  /** Milliseconds. */
  tookToRaise = 0;
  tookToList = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  apply(script: string): Promise<void> {
    this.asked.push(script === REMOVED ? "remove" : script.startsWith(REMOVED) ? "raise" : "change");
    if (this.hangsOver(script)) return new Promise(() => undefined);
    const why = this.refuses(script);
    if (why !== undefined) return Promise.reject(new EcluseError("packet-filter", why, { hint: "be root" }));
    this.#take(script);
    return Promise.resolve();
  }

  #take(script: string): void {
    if (script.startsWith(REMOVED)) this.kernel = script === REMOVED ? undefined : new ShieldKernel();
    if (script.startsWith(REMOVED)) {
      this.born = this.#clock.monotonic();
      this.#clock.pass(this.tookToRaise);
    }
    const [header] = [emptyTable("drop"), emptyTable("reject with tcp reset")].filter((each) =>
      script.startsWith(each),
    );
    if (script !== REMOVED) this.kernel?.run(script.slice(header?.length ?? 0));
  }

  read(_table: string, set: string): Promise<readonly SetElement[] | undefined> {
    if (this.answers === "no") {
      return Promise.reject(new EcluseError("packet-filter", "no perl", { hint: "install it" }));
    }
    if (this.kernel === undefined) return Promise.resolve(undefined);
    const { packets } = this;
    this.#clock.pass(set === REFUSED_IN_ALL ? 0 : this.tookToList);
    const left = LIFE - (this.#clock.monotonic() - this.born);
    if (set === REFUSED_IN_ALL) {
      this.looks += 1;
      return Promise.resolve([{ key: [0], left, packets }]);
    }
    this.listings += 1;
    return Promise.resolve(packets > 0 ? [{ key: [ipv4(GUEST), DOOR.address, DOOR.port * 65_536], packets }] : []);
  }

  close(): void {
    this.closed += 1;
  }

  lets(source: string): boolean {
    return this.kernel?.lets(ipv4(source), SPELT) ?? true;
  }
}

function staged(given: { readonly mark?: Mark } = {}) {
  const clock = manualClock();
  const nft = new Nft(clock);
  const told: ShieldCondition[] = [];
  const refused: Refused[] = [];
  const mark = given.mark ?? ownMark();
  const shield = new Shield({
    ...{ nft, sets: nft, clock, mark },
    refused: (row) => refused.push(row),
    told: (condition) => told.push(condition),
  });
  return { nft, clock, told, refused, shield, mark };
}

function policy(...allow: readonly string[]): Policy {
  return { ...policyOf([{ listen: DOOR, target: DOOR, allow }]), shield: true };
}

function wordsOf(condition: ShieldCondition | undefined): string {
  return condition !== undefined && "message" in condition ? condition.message : "";
}

async function asked(nft: Nft, times: number): Promise<void> {
  for (let turns = 0; nft.asked.length < times; turns += 1) {
    assert.ok(turns < 1_000, "nft is asked");
    await Promise.resolve();
  }
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
    assert.equal(down?.state, "down");
    assert.match(wordsOf(down), /^The shield is down, .* by the process: full$/);
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
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    nft.refuses = () => "out of order";
    await shield.widen(policy(GUEST));
    const [, stuck] = told;
    assert.equal(stuck?.state, "stuck");
    assert.match(wordsOf(stuck), /; what stands of it may shut out who is allowed$/);
    // However long it lasts: whoever is shut out waits for it.
    for (let tries = 0; tries < 10; tries += 1) {
      clock.pass(10_000);
      const before = nft.asked.length;
      await shield.look();
      assert.ok(nft.asked.length > before);
    }
    nft.refuses = () => undefined;
    clock.pass(10_000);
    await shield.look();
    assert.deepEqual([nft.lets(GUEST), shield.condition], [true, UP]);
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
    nft.hangsOver = () => true;
    const widened = shield.widen(policy(TILL, GUEST));
    // Once for the change, once for the removal.
    for (const times of [2, 3]) {
      await asked(nft, times);
      clock.pass(10_000);
    }
    await widened;
    const [, stuck] = told;
    assert.equal(stuck?.state, "stuck");
    assert.match(wordsOf(stuck), /nft did not end within 10 s; what stands of it may/);
  });

  test("nobody knows what became of a table that drops, where nft hangs over it", async () => {
    const { shield, nft, clock, mark } = staged();
    nft.refuses = (script) => (script.includes("reject") ? "Operation not supported" : undefined);
    nft.hangsOver = (script) => script.includes("drop");
    const widened = shield.widen(policy(TILL));
    await asked(nft, 2);
    nft.hangsOver = (script) => script === REMOVED;
    clock.pass(30_000);
    await asked(nft, 3);
    clock.pass(10_000);
    await widened;
    assert.deepEqual([shield.condition.state, mark.isThere()], ["stuck", true]);
  });

  test("a table that cannot be read is none: it would refuse without a word", async () => {
    const { shield, nft, told } = staged();
    nft.answers = "no";
    await shield.widen(policy(TILL));
    assert.deepEqual(
      [nft.kernel, told.length, wordsOf(told[0])],
      [undefined, 1, "The shield is down, strangers are refused by the process: no perl"],
    );
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

  test("who they were is listed where there are more of them, and no more often than it is worth", async () => {
    const { shield, nft, clock, refused } = staged();
    const counts = (): readonly number[] => refused.map(({ count }) => count);
    await shield.widen(policy(TILL));
    for (let looks = 0; looks < 3; looks += 1) await shield.look();
    assert.equal(nft.listings, 0, "nobody");
    nft.packets = 3;
    nft.tookToList = 40;
    await shield.look();
    assert.deepEqual([counts(), nft.listings], [[3], 1]);
    nft.packets = 4;
    clock.pass(3_999);
    await shield.look();
    assert.deepEqual([counts(), nft.listings], [[3], 1]);
    clock.pass(1);
    await shield.look();
    assert.deepEqual([counts(), nft.listings], [[3, 1], 2]);
    // The set forgets: what is remembered of it must not be older than that.
    clock.pass(9_959);
    await shield.look();
    assert.equal(nft.listings, 2);
    clock.pass(1);
    await shield.look();
    assert.deepEqual([counts(), nft.listings], [[3, 1], 3]);
  });

  test("looks that meet are one", async () => {
    const { shield, nft } = staged();
    await shield.widen(policy(TILL));
    const { looks } = nft;
    await Promise.all([shield.look(), shield.look()]);
    assert.equal(nft.looks - looks, 1);
    await shield.look();
    assert.equal(nft.looks - looks, 2);
  });

  test("a table that somebody else took away is put up again at once, unless it had just been", async () => {
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    clock.pass(10_001);
    nft.kernel = undefined;
    await shield.look();
    assert.deepEqual([nft.lets(GUEST), told.length, told[2]], [false, 3, UP]);
    assert.match(wordsOf(told[1]), /by the process: another program took its table away$/);
    clock.pass(1_000);
    nft.kernel = undefined;
    await shield.look();
    assert.equal(shield.condition.state, "down");
    clock.pass(9_999);
    await shield.look();
    assert.equal(shield.condition.state, "down");
    clock.pass(1);
    await shield.look();
    assert.deepEqual([nft.lets(GUEST), told.length], [false, 5]);
  });

  test("a copy of the table in its place is known, and replaced", async () => {
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    const copy = new ShieldKernel();
    copy.run(difference(NOTHING, coverOf(policy(TILL), clock.wall()), clock.wall()));
    clock.pass(3_600_000);
    await shield.widen(policy(TILL, GUEST));
    await shield.look();
    assert.deepEqual(told, [UP]);
    [nft.kernel, nft.born] = [copy, clock.monotonic() - 10_000];
    assert.equal(nft.lets(GUEST), false);
    await shield.look();
    assert.deepEqual([nft.lets(GUEST), told.length, told[2]], [true, 3, UP]);
    assert.match(
      wordsOf(told[1]),
      /by the process: another program replaced its table by another, or by a copy of it$/,
    );
  });

  test("nft may take its time to put it up and to list it", async () => {
    const { shield, nft, clock, told } = staged();
    nft.tookToRaise = 8_000;
    await shield.widen(policy(TILL));
    nft.tookToList = 9_000;
    for (let looks = 0; looks < 5; looks += 1) await shield.look();
    clock.pass(60_000);
    await shield.look();
    assert.deepEqual(told, [UP]);
  });

  test("before the kernel forgets how old it is, it is put up anew", async () => {
    const { shield, nft, clock, told } = staged();
    await shield.widen(policy(TILL));
    clock.pass(LIFE / 2);
    await shield.look();
    assert.deepEqual(nft.asked, ["raise"]);
    clock.pass(1);
    await shield.look();
    await shield.look();
    assert.deepEqual([nft.asked, told], [["raise", "raise"], [UP]]);
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
    await shield.look();
    assert.deepEqual([nft.asked, mark.isThere()], [["raise"], true]);
    await shield.comeBack();
    assert.deepEqual(nft.asked, ["raise", "raise"]);
  });

  test("whose process ended meanwhile does not come back", async () => {
    const { shield, nft, mark } = staged();
    await shield.widen(policy(TILL));
    await shield.leave();
    await shield.lower();
    assert.deepEqual([nft.asked, mark.isThere()], [["raise"], true], "it may be the other's");
    await shield.comeBack();
    assert.deepEqual([nft.asked, nft.kernel, mark.isThere()], [["raise", "remove"], undefined, false]);
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
    const [stuck] = told;
    assert.equal(stuck?.state, "stuck");
    assert.match(wordsOf(stuck), /^The shield may stand still, and shut out who is allowed/);
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
