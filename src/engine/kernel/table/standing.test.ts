import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import { type FlowSpec, policyOf } from "../../../../test/support/relay.ts";
import { Standing } from "./standing.ts";
import { type Table, shut, tableOf } from "./table.ts";

const at = (address: string, port: number) => ({ address: parseAddress(address) ?? assert.fail(), port });

const flow = (port: number, host: number, more: Partial<FlowSpec> = {}): FlowSpec => ({
  ...{ id: `flow/${port}`, listen: at("198.51.100.10", port), target: at(`172.17.1.${host}`, 8_888) },
  ...{ allow: ["192.0.2.44", "10.0.0.1"], ...more },
});

const TOLD = tableOf(policyOf([flow(10_101, 10, { sessions: 1 }), flow(10_102, 11, { standing: "closed" })]));
const [GATE = assert.fail()] = TOLD.gates.keys();
const [FROM = assert.fail()] = TOLD.sources.keys();

type Elements = Readonly<Record<string, readonly string[]>>;
type Chains = Readonly<Record<string, readonly string[]>>;

const ELEMENTS: Elements = {
  [FROM]: ["10.0.0.1", "192.0.2.44"],
  doors: [`198.51.100.10 . 10101 : jump ${GATE}`],
  targets: ["198.51.100.10 . 10102 : 172.17.1.11 . 8888", "198.51.100.10 . 10101 : 172.17.1.10 . 8888"],
  terminals: ["172.17.1.10 . 8888", "172.17.1.11 . 8888"],
  full: ["172.17.1.10 . 8888 ct count over 1"],
  let_through: ["172.17.1.10 . 8888 timeout 1m expires 3s counter packets 1 bytes 60"],
};

const CHAINS: Chains = {
  entered: ["accept"],
  [GATE]: [`ip saddr @${FROM} goto entered`],
  knock: ["ip daddr . tcp dport vmap @doors", "goto refuse_denied"],
};

/** As `nft -n list table` of 1.0.6 prints it, with some of it otherwise; absent: without it. */
const listing = (elements: Elements = {}, chains: Chains = {}, without = ""): readonly string[] => [
  "table ip ecluse {",
  ...["\tct timeout patience_5_300 {", "\t\tprotocol tcp", "\t}", ""],
  ...Object.entries({ ...ELEMENTS, ...elements }).flatMap(([name, list]) => [
    `\t${name === "doors" || name === "targets" ? "map" : "set"} ${name} {`,
    "\t\ttype ipv4_addr . inet_service",
    ...(list.length === 0 ? [] : `\t\telements = { ${list.join(",\n\t\t\t     ")} }`.split("\n")),
    ...["\t}", ""],
  ]),
  ...Object.entries({ ...CHAINS, ...chains }).flatMap(([name, rules]) =>
    name === without ? [] : [`\tchain ${name} {`, ...rules.map((rule) => `\t\t${rule}`), "\t}", ""],
  ),
  "}",
];

/** What it says of a listing. */
function found(standing: Standing, lines: readonly string[], table: Table = TOLD): readonly string[] {
  const reading = standing.read(table);
  for (const line of lines) reading.line(line);
  return reading.difference();
}

suite("Standing: an element that is not as it was told", () => {
  const DOOR = "198.51.100.10 . 10101";
  const [FIRST, SECOND] = ["172.17.1.10 . 8888", "172.17.1.11 . 8888"];
  const cases: Readonly<Record<string, readonly [changed: Elements, words: string]>> = {
    "a door that is gone": [{ doors: [] }, `set doors: 1 element gone`],
    "a door that leads to another gate": [
      { doors: [`${DOOR} : jump gate_y`] },
      `set doors: 1 element gone, 1 element more (${DOOR} : jump gate_y)`,
    ],
    "a door that anybody enters": [
      { doors: [`${DOOR} : accept`] },
      `set doors: 1 element gone, 1 element more (${DOOR} : accept)`,
    ],
    "a closed door that is open": [
      { doors: [...ofSet("doors"), `198.51.100.10 . 10102 : jump ${GATE}`] },
      `set doors: 1 element more (198.51.100.10 . 10102 : jump ${GATE})`,
    ],
    "a target that is another": [
      { targets: [...ofSet("targets").slice(1), "198.51.100.10 . 10102 : 172.17.1.9 . 22"] },
      `set targets: 1 element gone, 1 element more (198.51.100.10 . 10102 : 172.17.1.9 . 22)`,
    ],
    "a target more": [
      { targets: [...ofSet("targets"), `198.51.100.10 . 22 : ${FIRST}`] },
      `set targets: 1 element more (198.51.100.10 . 22 : ${FIRST})`,
    ],
    "a source more": [{ [FROM]: [...ofSet(FROM), "203.0.113.9"] }, `set ${FROM}: 1 element more (203.0.113.9)`],
    "a source that is another": [
      { [FROM]: ["10.0.0.1", "203.0.113.9"] },
      `set ${FROM}: 1 element gone, 1 element more (203.0.113.9)`,
    ],
    "a source that is a network": [
      { [FROM]: ["10.0.0.0/8", "192.0.2.44"] },
      `set ${FROM}: 1 element gone, 1 element more (10.0.0.0/8)`,
    ],
    "a terminal that is not guarded": [{ terminals: [FIRST] }, `set terminals: 1 element gone`],
    "a terminal that takes more": [
      { full: [`${FIRST} ct count over 2`] },
      `set full: 1 element gone, 1 element more (${FIRST} ct count over 2)`,
    ],
    "a terminal without a limit that has one": [
      { full: [...ofSet("full"), `${SECOND} ct count over 1`] },
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

  test("several in one line, as nft prints addresses", () => {
    const lines = listing({ [FROM]: ["10.0.0.1, 192.0.2.44"] });
    assert.deepEqual(found(new Standing(), lines), []);
  });

  test("a set that is gone, with all that was in it", () => {
    for (const name of ["doors", "targets", "terminals", "full", FROM]) {
      const opening = listing().findIndex((line) => line.endsWith(` ${name} {`));
      const end = listing().indexOf("\t}", opening);
      const [words = "", ...more] = found(new Standing(), listing().toSpliced(opening, end - opening + 1));
      assert.match(words, new RegExp(`^set ${name}: ${ofSet(name).length} elements? gone`));
      assert.deepEqual(more, []);
    }
  });

  function ofSet(name: string): readonly string[] {
    return ELEMENTS[name] ?? assert.fail(name);
  }
});

suite("Standing: rules", () => {
  test("the same again: they stand", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    assert.deepEqual(found(standing, listing()), []);
  });

  const cases: Readonly<Record<string, readonly [other: readonly string[], words: string]>> = {
    "a rule more": [
      listing({}, { knock: ["accept", "ip daddr . tcp dport vmap @doors", "goto refuse_denied"] }),
      "chain knock has other rules",
    ],
    "a rule that is another": [listing({}, { entered: ["drop"] }), "chain entered has other rules"],
    "a rule that is gone": [
      listing({}, { knock: ["ip daddr . tcp dport vmap @doors"] }),
      "chain knock has other rules",
    ],
    "a rule of a gate that is gone": [listing({}, { [GATE]: [] }), `chain ${GATE} has other rules`],
    "a chain more": [listing({}, { another: [] }), "chain another was added"],
    "a chain that is gone": [listing({}, {}, "knock"), "chain knock is gone"],
    "a gate more": [listing({}, { gate_y: ["goto entered"] }), "chain gate_y was added"],
  };
  for (const [what, [other, words]] of Object.entries(cases)) {
    test(`${what}: they do not`, () => {
      const standing = new Standing();
      assert.deepEqual(found(standing, listing()), []);
      assert.deepEqual(found(standing, other), [words]);
    });
  }

  test("no table at all: they do not", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    assert.deepEqual(
      found(standing, []).map((words) => words.replace(/:.*/, "")),
      [
        ...[`chain ${GATE} is gone`, "chain entered is gone", "chain knock is gone"],
        ...["set doors", "set targets", "set terminals", "set full", `set ${FROM}`],
      ],
    );
  });

  test("a gate's rules are counted at the first look, too", () => {
    const other = [`chain ${GATE} has other rules`];
    assert.deepEqual(found(new Standing(), listing({}, { [GATE]: [] })), other);
    assert.deepEqual(found(new Standing(), listing({}, { [GATE]: ["goto entered", "goto entered"] })), other);
    assert.deepEqual(found(new Standing(), listing({}, {}, GATE)), [`chain ${GATE} is gone`]);
  });

  test("the chain of the limits may have been changed by ourselves, and no other", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    standing.renewed("entered");
    assert.deepEqual(found(standing, listing({}, { entered: ["ct count over 9 drop", "accept"] })), []);
    assert.deepEqual(found(standing, listing()), ["chain entered has other rules"]);
  });

  test("a gate that is told no more may go; what was made anew is seen anew", () => {
    const standing = new Standing();
    assert.deepEqual(found(standing, listing()), []);
    const left = listing({ doors: [], [FROM]: [] }, {}, GATE);
    assert.deepEqual(found(standing, left, shut(TOLD)), []);
    standing.restart();
    assert.deepEqual(found(standing, listing({}, { knock: ["drop"] })), []);
  });
});
