import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { NftObject } from "../../netfilter/nft.ts";
import { Standing } from "./standing.ts";
import type { Table } from "./table.ts";

const TOLD = {
  sources: new Map([["from_a", ["192.0.2.44", "10.0.0.1"]]]),
  gates: new Map([["gate_x", ["ip saddr @from_a goto entered"]]]),
  doors: new Map([["198.51.100.10 . 10101", "gate_x"]]),
  targets: new Map([["198.51.100.10 . 10101", "172.17.1.10 . 8888"]]),
  terminals: new Map([
    ["172.17.1.10 . 8888", 1],
    ["172.17.1.11 . 8888", Infinity],
  ]),
} as Partial<Table> as Table;

const [AT, TO, OTHER] = [
  { concat: ["198.51.100.10", 10101] },
  { concat: ["172.17.1.10", 8888] },
  { concat: ["172.17.1.11", 8888] },
];
const counted = (val: unknown, most = 1) => ({ elem: { val, "ct count": { val: most, inv: true } } });
const chain = (name: string): NftObject => ({ chain: { name, policy: "accept" } });
const rule = (of: string, handle: number): NftObject => ({ rule: { chain: of, handle, expr: [] } });

/** As nft 1.0.6 prints it; with some of it otherwise. */
const listing = (changed: Readonly<Record<string, unknown>> = {}, more: readonly NftObject[] = []): NftObject[] => {
  const elements: Readonly<Record<string, unknown>> = {
    from_a: ["10.0.0.1", "192.0.2.44"],
    terminals: [OTHER, TO],
    full: [counted(TO)],
    doors: [[AT, { jump: { target: "gate_x" } }]],
    targets: [[AT, TO]],
    ...changed,
  };
  const sets = Object.entries(elements).map(([name, elem]) => {
    const kind = name === "doors" || name === "targets" ? "map" : "set";
    return { [kind]: { name, ...(elem === undefined ? {} : { elem }) } };
  });
  return [
    ...sets,
    { set: { name: "let_through", elem: ["whatever is counted"] } },
    ...[chain("gate_x"), chain("entered"), chain("knock")],
    ...[rule("gate_x", 1), rule("entered", 2), rule("knock", 3), rule("knock", 4)],
    ...more,
  ];
};

suite("Standing: an element that is not as it was told", () => {
  const cases: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "a door that is gone": { doors: undefined },
    "a door that leads to another gate": { doors: [[AT, { jump: { target: "gate_y" } }]] },
    "a door that anybody enters": { doors: [[AT, { accept: null }]] },
    "a target that is another": { targets: [[AT, OTHER]] },
    "a target more": {
      targets: [
        [AT, TO],
        [{ concat: ["198.51.100.10", 22] }, TO],
      ],
    },
    "a source more": { from_a: ["10.0.0.1", "192.0.2.44", "203.0.113.9"] },
    "a source that is another": { from_a: ["10.0.0.1", "203.0.113.9"] },
    "a terminal that is not guarded": { terminals: [TO] },
    "a terminal that takes more": { full: [counted(TO, 2)] },
    "a terminal without a limit that has one": { full: [counted(TO), counted(OTHER)] },
  };
  for (const [what, changed] of Object.entries(cases)) {
    test(what, () => {
      const standing = new Standing();
      assert.equal(standing.isAsTold(TOLD, listing()), true);
      assert.equal(standing.isAsTold(TOLD, listing(changed)), false);
    });
  }
});

suite("Standing: rules", () => {
  const without = (handle: number): NftObject[] =>
    listing().filter((object) => (object["rule"] as { handle?: number } | undefined)?.handle !== handle);

  test("the same again, in another order: they stand", () => {
    const standing = new Standing();
    assert.equal(standing.isAsTold(TOLD, listing()), true);
    assert.equal(standing.isAsTold(TOLD, [...listing()]), true);
  });

  for (const [what, other] of Object.entries({
    "a rule more": listing({}, [rule("knock", 9)]),
    "a rule that is gone": without(3),
    "a chain more": listing({}, [chain("another")]),
    "a gate more": listing({}, [chain("gate_y")]),
    "no table at all": [],
  })) {
    test(`${what}: they do not`, () => {
      const standing = new Standing();
      assert.equal(standing.isAsTold(TOLD, listing()), true);
      assert.equal(standing.isAsTold(TOLD, other), false);
    });
  }

  test("a gate's rules are counted at the first look, too", () => {
    assert.equal(new Standing().isAsTold(TOLD, without(1)), false);
    assert.equal(new Standing().isAsTold(TOLD, listing({}, [rule("gate_x", 9)])), false);
  });

  test("the chain of the limits may have been changed by ourselves, and no other", () => {
    const standing = new Standing();
    const changed = [...without(2), rule("entered", 7)];
    assert.equal(standing.isAsTold(TOLD, listing()), true);
    standing.renewed("entered");
    assert.equal(standing.isAsTold(TOLD, changed), true);
    assert.equal(standing.isAsTold(TOLD, listing()), false);
  });

  test("a gate that is told no more may go; what was made anew is seen anew", () => {
    const standing = new Standing();
    assert.equal(standing.isAsTold(TOLD, listing()), true);
    const shut = { ...TOLD, gates: new Map(), doors: new Map(), sources: new Map() } as Table;
    const left = listing({ doors: undefined, from_a: undefined }).filter(
      (object) => !JSON.stringify(object).includes("gate_x"),
    );
    assert.equal(standing.isAsTold(shut, left), true);
    standing.restart();
    assert.equal(standing.isAsTold(TOLD, listing({}, [rule("knock", 9)])), true);
  });
});
