/** Who says that a table stands before the relay's doors, and what becomes of it. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { manualClock } from "../../../test/support/clock.ts";
import { ipv4 } from "../../../test/support/loopback.ts";
import { policyOf } from "../../../test/support/relay.ts";
import { EcluseError } from "../../errors.ts";
import type { NftObject } from "../../netfilter/nft.ts";
import { LeftOver } from "./left-over.ts";
import type { TableMark } from "./table/table-mark.ts";

const DOOR = { address: ipv4("198.51.100.10"), port: 10_101 };
const TARGET = { address: ipv4("172.17.1.10"), port: 8_888 };
const POLICY = policyOf([{ id: "a", listen: DOOR, target: TARGET }]);
const EVERYWHERE = policyOf([{ id: "a", listen: { address: ipv4("0.0.0.0"), port: 10_101 }, target: TARGET }]);

const NOT_PERMITTED = new EcluseError("packet-filter", "Operation not permitted", { hint: "be root" });

/** As nft 1.0.6 prints them. */
const SHIELD = { table: { family: "ip", name: "ecluse_shield", handle: 7 } };
const NAMESAKE = { table: { family: "inet", name: "ecluse", handle: 8 } };
const OURS = { table: { family: "ip", name: "ecluse", handle: 9 } };

function leading(...endpoints: readonly (readonly [string, number])[]): NftObject {
  const elem = endpoints.map((concat) => [{ concat }, { concat: ["172.17.1.10", 8_888] }]);
  const map = { family: "ip", name: "targets", table: "ecluse", type: ["ipv4_addr", "inet_service"], handle: 10 };
  return { map: { ...map, ...(elem.length === 0 ? {} : { elem }) } };
}

function staged({ tables = [], map, isMarked = false }: Stage) {
  const clock = manualClock();
  const mark = ownMark(isMarked);
  const asked: string[] = [];
  const list = (...words: readonly string[]): Promise<readonly NftObject[]> => {
    asked.push(words.join(" "));
    const answer = words[0] === "tables" ? tables : map;
    if (answer === "hangs") return new Promise(() => undefined);
    return answer === undefined || answer === "refused"
      ? Promise.reject(NOT_PERMITTED)
      : Promise.resolve(Array.isArray(answer) ? (answer as readonly NftObject[]) : [answer as NftObject]);
  };
  return { clock, mark, asked, leftOver: new LeftOver({ clock, mark, nft: { list } }) };
}

interface Stage {
  readonly tables?: readonly NftObject[] | "refused" | "hangs";
  readonly map?: NftObject;
  readonly isMarked?: boolean;
}

function ownMark(isMarked: boolean): TableMark {
  let isThere = isMarked;
  return {
    file: "/var/lib/ecluse/kernel-table",
    isThere: () => isThere,
    put: () => void (isThere = true),
    remove: () => void (isThere = false),
  };
}

const STANDS = {
  code: "table-left-over",
  message: /stands before its doors/,
  hint: /: sudo nft delete table ip ecluse$/,
};
const MAY_STAND = {
  code: "table-left-over",
  message: /as \/var\/lib\/ecluse\/kernel-table says, and without CAP_NET_ADMIN nobody sees/,
  hint: /then: sudo nft 'add table ip ecluse; delete table ip ecluse' && sudo rm \/var\/lib\/ecluse\/kernel-table$/,
};

suite("LeftOver.judge", () => {
  for (const [what, stage, refusal] of [
    ["no table", {}, undefined],
    ["other tables, the shield's among them", { tables: [SHIELD, NAMESAKE] }, undefined],
    ["a table at one of its doors", { tables: [OURS], map: leading(["198.51.100.10", 10_101]) }, STANDS],
    ["another gateway's, at other doors", { tables: [OURS], map: leading(["198.51.100.11", 10_101]) }, undefined],
    ["another gateway's, empty", { tables: [OURS], map: leading() }, undefined],
    ["its own, at other doors", { tables: [OURS], map: leading(["198.51.100.11", 1]), isMarked: true }, STANDS],
    ["nftables cannot be read, no mark", { tables: "refused" }, undefined],
    ["nftables cannot be read, a mark", { tables: "refused", isMarked: true }, MAY_STAND],
    ["a table that is not as ours are, no mark", { tables: [OURS] }, STANDS],
    ["a table that is not as ours are, a mark", { tables: [OURS], isMarked: true }, STANDS],
    ["elements that are not as ours are", { tables: [OURS], map: { map: { elem: ["?"] } } }, STANDS],
  ] as const) {
    test(`${what}: ${refusal === undefined ? "it may serve" : "refused"}`, async () => {
      const { leftOver } = staged(stage);
      if (refusal === undefined) await leftOver.judge(POLICY);
      else await assert.rejects(leftOver.judge(POLICY), refusal);
    });
  }

  test("a door on every address is behind a table at any of them", async () => {
    const { leftOver } = staged({ tables: [OURS], map: leading(["198.51.100.77", 10_101]) });
    await assert.rejects(leftOver.judge(EVERYWHERE), STANDS);
  });

  test("where there is no table a mark is taken away; where one may stand it stays", async () => {
    const gone = staged({ isMarked: true });
    await gone.leftOver.judge(POLICY);
    assert.equal(gone.mark.isThere(), false);
    const unread = staged({ tables: "refused", isMarked: true });
    await assert.rejects(unread.leftOver.judge(POLICY));
    assert.equal(unread.mark.isThere(), true);
  });

  test("whose table it is nobody knows without a mark: the hint says so", async () => {
    const map = leading(["198.51.100.10", 10_101]);
    const hint = /^unless another gateway serves with it; /;
    await assert.rejects(staged({ tables: [OURS], map }).leftOver.judge(POLICY), { hint });
    const own = staged({ tables: [OURS], map, isMarked: true });
    await assert.rejects(own.leftOver.judge(POLICY), { hint: /^its sessions end with it: first sudo nft flush map/ });
  });

  test("nft that does not end is not waited for longer than ten seconds", async () => {
    const { leftOver, clock } = staged({ tables: "hangs" });
    let isDone = false;
    const judged = leftOver.judge(POLICY).then(() => (isDone = true));
    clock.pass(9_999);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isDone, false);
    clock.pass(1);
    await judged;
  });
});

suite("LeftOver.doorsBehind", () => {
  test("the doors that the table leads elsewhere, and no others", async () => {
    const second = { ...DOOR, port: 10_102 };
    const policy = policyOf([
      { id: "a", listen: DOOR, target: TARGET },
      { id: "b", listen: second, target: TARGET },
    ]);
    const { leftOver, asked } = staged({
      tables: [OURS],
      map: leading(["198.51.100.10", 10_102], ["192.0.2.1", 10_101]),
    });
    assert.deepEqual(await leftOver.doorsBehind(policy), [{ flow: "b", endpoint: second, cause: "table-left-over" }]);
    assert.deepEqual(asked, ["tables", "map ip ecluse targets"]);
  });

  test("no table: none, and nothing more is asked", async () => {
    const { leftOver, asked } = staged({ tables: [SHIELD] });
    assert.deepEqual(await leftOver.doorsBehind(POLICY), []);
    assert.deepEqual(asked, ["tables"]);
  });

  test("what cannot be read is not known", async () => {
    assert.equal(await staged({ tables: "refused" }).leftOver.doorsBehind(POLICY), undefined);
    assert.equal(await staged({ tables: [OURS] }).leftOver.doorsBehind(POLICY), undefined);
  });
});
