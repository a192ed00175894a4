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

const [DOOR, FIRST, SECOND] = ["198.51.100.10 . 10101", "172.17.1.10 . 8888", "172.17.1.11 . 8888"];

/** What it says of a listing. */
function found(standing: Standing, objects: readonly NftObject[], table = TOLD): readonly string[] {
  return standing.difference(table, objects).words;
}

suite("Standing: an element that is not as it was told", () => {
  const cases: Readonly<Record<string, readonly [changed: Readonly<Record<string, unknown>>, words: string]>> = {
    "a door that is gone": [{ doors: undefined }, `set doors: 1 element gone (${DOOR} : jump gate_x)`],
    "a door that leads to another gate": [
      { doors: [[AT, { jump: { target: "gate_y" } }]] },
      `set doors: 1 element gone (${DOOR} : jump gate_x), 1 element more (${DOOR} : jump gate_y)`,
    ],
    "a door that anybody enters": [
      { doors: [[AT, { accept: null }]] },
      `set doors: 1 element gone (${DOOR} : jump gate_x), 1 element more (${DOOR} : {"accept":null})`,
    ],
    "a target that is another": [
      { targets: [[AT, OTHER]] },
      `set targets: 1 element gone (${DOOR} : ${FIRST}), 1 element more (${DOOR} : ${SECOND})`,
    ],
    "a target more": [
      {
        targets: [
          [AT, TO],
          [{ concat: ["198.51.100.10", 22] }, TO],
        ],
      },
      `set targets: 1 element more (198.51.100.10 . 22 : ${FIRST})`,
    ],
    "a source more": [
      { from_a: ["10.0.0.1", "192.0.2.44", "203.0.113.9"] },
      "set from_a: 1 element more (203.0.113.9)",
    ],
    "a source that is another": [
      { from_a: ["10.0.0.1", "203.0.113.9"] },
      "set from_a: 1 element gone (192.0.2.44), 1 element more (203.0.113.9)",
    ],
    "a terminal that is not guarded": [{ terminals: [TO] }, `set terminals: 1 element gone (${SECOND})`],
    "a terminal that takes more": [
      { full: [counted(TO, 2)] },
      `set full: 1 element gone (${FIRST} ct count over 1), 1 element more (${FIRST} ct count over 2)`,
    ],
    "a terminal without a limit that has one": [
      { full: [counted(TO), counted(OTHER)] },
      `set full: 1 element more (${SECOND} ct count over 1)`,
    ],
  };
  for (const [what, [changed, words]] of Object.entries(cases)) {
    test(what, () => {
      const standing = new Standing();
      assert.deepEqual(found(standing, listing()), []);
      assert.deepEqual(found(standing, listing(changed)), [words]);
    });
  }
});

suite("Standing: rules", () => {
  const without = (handle: number): NftObject[] =>
    listing().filter((object) => (object["rule"] as { handle?: number } | undefined)?.handle !== handle);

  test("the same again, in another order: they stand", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    assert.deepEqual(found(standing, [...listing()]), []);
  });

  for (const [what, [other, words]] of Object.entries({
    "a rule more": [listing({}, [rule("knock", 9)]), "chain knock has other rules"],
    "a rule that is gone": [without(3), "chain knock has other rules"],
    "a rule of a gate that is gone": [without(1), "chain gate_x has other rules"],
    "a chain more": [listing({}, [chain("another")]), "chain another was added"],
    "a gate more": [listing({}, [chain("gate_y")]), "chain gate_y was added"],
  } as Readonly<Record<string, readonly [readonly NftObject[], string]>>)) {
    test(`${what}: they do not`, () => {
      const standing = new Standing();
      assert.deepEqual(found(standing, listing()), []);
      assert.deepEqual(found(standing, other), [words]);
    });
  }

  test("no table at all: they do not", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    assert.deepEqual(found(standing, []), [
      ...["chain gate_x is gone", "chain entered is gone", "chain knock is gone"],
      `set doors: 1 element gone (${DOOR} : jump gate_x)`,
      `set targets: 1 element gone (${DOOR} : ${FIRST})`,
      `set terminals: 2 elements gone (${FIRST}, ${SECOND})`,
      `set full: 1 element gone (${FIRST} ct count over 1)`,
      "set from_a: 2 elements gone (192.0.2.44, 10.0.0.1)",
    ]);
  });

  test("a gate's rules are counted at the first look, too", () => {
    const other = ["chain gate_x has other rules"];
    assert.deepEqual(found(new Standing(), without(1)), other);
    assert.deepEqual(found(new Standing(), listing({}, [rule("gate_x", 9)])), other);
  });

  test("the chain of the limits may have been changed by ourselves, and no other", () => {
    const standing = new Standing();
    const changed = [...without(2), rule("entered", 7)];
    assert.deepEqual(found(standing, listing()), []);
    standing.renewed("entered");
    assert.deepEqual(found(standing, changed), []);
    assert.deepEqual(found(standing, listing()), ["chain entered has other rules"]);
  });

  test("a gate that is told no more may go; what was made anew is seen anew", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    const shut = { ...TOLD, gates: new Map(), doors: new Map(), sources: new Map() } as Table;
    const left = listing({ doors: undefined, from_a: undefined }).filter(
      (object) => !JSON.stringify(object).includes("gate_x"),
    );
    assert.deepEqual(found(standing, left, shut), []);
    standing.restart();
    assert.deepEqual(found(standing, listing({}, [rule("knock", 9)])), []);
  });
});
