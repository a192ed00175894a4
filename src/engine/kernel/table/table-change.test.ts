import assert from "node:assert/strict";
import { test } from "node:test";
import { type FlowSpec, policyOf } from "../../../../test/support/relay.ts";
import fc from "fast-check";
import { NO_DOORS } from "../../../policy/policy.ts";
import { parseAddress } from "@ecluse/guard/address";
import type { Limits } from "../../../inventory/model.ts";
import { type Table, placesAt, shut, tableOf } from "./table.ts";
import { NO_CHANGE, scriptOf, tableChange } from "./table-change.ts";
import { doorElement } from "./table-element.ts";

const address = (text: string) => {
  const parsed = parseAddress(text);
  assert.ok(parsed !== undefined);
  return parsed;
};

const door = (port: number, more: Partial<FlowSpec> = {}): FlowSpec => ({
  id: `flow/${port}`,
  listen: { address: address("198.51.100.10"), port },
  target: { address: address("172.17.1.10"), port: port - 1_000 },
  allow: ["192.0.2.0/24"],
  ...more,
});

const table = (flows: readonly FlowSpec[], limits?: Partial<Limits>): Table => tableOf(policyOf(flows, limits));

const lines = (before: Table, after: Table): readonly string[] =>
  scriptOf(tableChange(before, after))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.trim().replaceAll(/(gate|from)_[0-9a-f]+/g, "$1_X"));

const TWO = [door(10_101), door(10_102)];

test("the same: nothing to do", () => {
  assert.deepEqual(tableChange(table(TWO), table(TWO)), NO_CHANGE);
});

test("one more door for the same sources: its elements, and nothing of its neighbours", () => {
  assert.deepEqual(lines(table(TWO), table([...TWO, door(10_103)])), [
    "add element ip ecluse targets { 198.51.100.10 . 10103 : 172.17.1.10 . 9103 }",
    "add element ip ecluse terminals { 172.17.1.10 . 9103 }",
    "add element ip ecluse doors { 198.51.100.10 . 10103 : jump gate_X }",
  ]);
});

test("other sources at one door: their gate is made, the door turned to it, in this order", () => {
  const after = table([door(10_101, { allow: ["203.0.113.7"] }), door(10_102)]);
  assert.deepEqual(lines(table(TWO), after), [
    "table ip ecluse {",
    ...["set from_X {", "type ipv4_addr", "elements = { 203.0.113.7 }", "}"],
    ...["chain gate_X {", "ip saddr @from_X goto entered", "}"],
    "}",
    "delete element ip ecluse doors { 198.51.100.10 . 10101 }",
    "add element ip ecluse doors { 198.51.100.10 . 10101 : jump gate_X }",
  ]);
});

test("the last door of a gate: the gate goes after it, its set last", () => {
  const before = table([door(10_101, { allow: ["203.0.113.7"] }), door(10_102)]);
  assert.deepEqual(lines(before, table([door(10_102)])), [
    "delete element ip ecluse targets { 198.51.100.10 . 10101 }",
    "delete element ip ecluse terminals { 172.17.1.10 . 9101 }",
    "delete element ip ecluse doors { 198.51.100.10 . 10101 }",
    ...["flush chain ip ecluse gate_X", "delete chain ip ecluse gate_X", "delete set ip ecluse from_X"],
  ]);
});

test("a flow that is closed keeps its endpoint, which then refuses", () => {
  assert.deepEqual(lines(table(TWO), table([door(10_101, { standing: "closed" }), door(10_102)])), [
    "delete element ip ecluse doors { 198.51.100.10 . 10101 }",
  ]);
});

test("a flow with balancers lets nobody in", () => {
  const closed = table([door(10_101, { acceptProxy: ["192.0.2.0/24"] })]);
  assert.deepEqual(
    Array.from(closed.doors.values(), (each) => doorElement(closed, each)),
    [undefined],
  );
});

test("a limit of sessions is an element of its own", () => {
  assert.deepEqual(lines(table(TWO), table([door(10_101, { sessions: 2 }), door(10_102)])), [
    "add element ip ecluse full { 172.17.1.10 . 9101 ct count over 2 }",
  ]);
});

test("a limit of the gateway: the rules that count, nothing else", () => {
  const changed = lines(table(TWO), table(TWO, { perSource: 3 }));
  assert.ok(changed.includes("flush chain ip ecluse entered"));
  assert.ok(changed.some((line) => line.includes("ct count over 3 }")));
  assert.ok(!changed.some((line) => line.includes("element")));
});

test("a right with an end asks the clock", () => {
  const rules = [
    ...table([door(10_101, { allow: [{ source: "192.0.2.7", until: 1_800_000_000_500 }] })]).gates.values(),
  ];
  assert.match(rules.flat().join(), /^ip saddr @from_[0-9a-f]+ meta time < 1800000000 goto entered$/);
});

test("to shut: nobody new enters, and the endpoints stay ours to refuse; back again, all doors are there", () => {
  const open = table(TWO);
  const gone = ["flush chain ip ecluse gate_X", "delete chain ip ecluse gate_X", "delete set ip ecluse from_X"];
  assert.deepEqual(lines(open, shut(open)), [
    "delete element ip ecluse doors { 198.51.100.10 . 10101, 198.51.100.10 . 10102 }",
    ...gone,
  ]);
  assert.deepEqual(lines(shut(open), open).slice(-1), [
    "add element ip ecluse doors { 198.51.100.10 . 10101 : jump gate_X, 198.51.100.10 . 10102 : jump gate_X }",
  ]);
});

test("two doors to one terminal: the lesser limit counts, and the terminal stays for the other", () => {
  const target = { target: { address: address("172.17.1.10"), port: 8_888 } };
  const [strict, loose] = [door(10_101, { ...target, sessions: 1 }), door(10_102, { ...target, sessions: 3 })];
  assert.deepEqual(lines(table([strict, loose]), table([loose])), [
    "delete element ip ecluse targets { 198.51.100.10 . 10101 }",
    "delete element ip ecluse full { 172.17.1.10 . 8888 }",
    "add element ip ecluse full { 172.17.1.10 . 8888 ct count over 3 }",
    "delete element ip ecluse doors { 198.51.100.10 . 10101 }",
  ]);
});

test("policies that share their doors: what is one door in both is not looked at", () => {
  const before = policyOf(TWO);
  const more = policyOf([door(10_103)]);
  const after = { ...before, doors: before.doors.with(more.doors) };
  assert.deepEqual(
    lines(tableOf(before), tableOf(after)).at(-1),
    ["add element ip ecluse doors { 198.51.100.10 . 10103 : jump gate_X }"].join(),
  );
  assert.deepEqual(tableChange(tableOf(before), tableOf(before)), NO_CHANGE);
});

test("a table that takes over from the one before says what it would say made anew", () => {
  // Few ports and fewer terminals, so that doors come, go, turn and share.
  const spec = fc.record({
    port: fc.integer({ min: 10_101, max: 10_108 }),
    at: fc.nat({ max: 2 }),
    sessions: fc.integer({ min: 1, max: 3 }),
  });
  const flows = fc.uniqueArray(spec, { selector: ({ port }) => port, maxLength: 6 });
  const terminal = (at: number) => ({ address: address(`172.17.${at}.10`), port: 8_888 });
  fc.assert(
    fc.property(fc.array(flows, { minLength: 1, maxLength: 5 }), (steps) => {
      let before: Table | undefined;
      for (const step of steps) {
        const given = policyOf(step.map(({ port, at, sessions }) => door(port, { target: terminal(at), sessions })));
        // As `compile` does it: from the doors before.
        const gone = [...(before?.doors.keys() ?? [])].map((key) => [key, undefined] as const);
        const doors = (before?.doors ?? NO_DOORS).with([...gone, ...given.doors]);
        const [grown, anew] = [tableOf({ ...given, doors }, before), tableOf(given)];
        assert.deepEqual(new Set(grown.terminals.keys()), new Set(anew.terminals.keys()));
        for (const target of anew.terminals.keys()) assert.equal(placesAt(grown, target), placesAt(anew, target));
        assert.deepEqual([...grown.gates.keys()], [...anew.gates.keys()]);
        before = grown;
      }
    }),
  );
});
