import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Network, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { type Range, type Ranges, each, missing, rangesOf, same, union } from "./ranges.ts";

suite("rangesOf", () => {
  for (const [networks, ranges] of [
    [[], []],
    [["192.0.2.1"], [["192.0.2.1", "192.0.2.1"]]],
    [["192.0.2.4/30", "192.0.2.0/30"], [["192.0.2.0", "192.0.2.7"]]],
    [["192.0.2.0/24", "192.0.2.16/28", "192.0.2.3"], [["192.0.2.0", "192.0.2.255"]]],
    [
      ["192.0.2.0", "192.0.2.2"],
      [
        ["192.0.2.0", "192.0.2.0"],
        ["192.0.2.2", "192.0.2.2"],
      ],
    ],
    [["0.0.0.0/0", "192.0.2.1"], [["0.0.0.0", "255.255.255.255"]]],
    [["128.0.0.0/1", "0.0.0.0/1"], [["0.0.0.0", "255.255.255.255"]]],
  ] as const)
    test(networks.length === 0 ? "no networks" : networks.join(", "), () => {
      const found = Array.from(each(rangesOf(networks.map(network))), ({ first, last }) => [first, last]);
      const address = (text: string): number => network(text).address;
      assert.deepEqual(
        found,
        ranges.map(([first, last]) => [address(first), address(last)]),
      );
    });
});

const SPACE = 32;
const someRanges = fc
  .uniqueArray(fc.integer({ min: 0, max: SPACE - 1 }))
  .map((addresses) => rangesOf(addresses.map((address) => ({ address: address as Network["address"], prefix: 32 }))));

test("law: a union holds what one of both holds, and has one spelling", () => {
  fc.assert(
    fc.property(someRanges, someRanges, (a, b) => {
      const both = union(a, b);
      for (let at = 0; at < SPACE; at += 1) assert.equal(holds(both, at), holds(a, at) || holds(b, at));
      assert.equal(same(both, union(b, a)), true);
    }),
  );
});

test("law: a set less what another lacks, and with what that one has more, is the other", () => {
  fc.assert(
    fc.property(someRanges, someRanges, (a, b) => {
      const spell = (ranges: Iterable<Range>): readonly string[] =>
        Array.from(ranges, ({ first, last }) => `${first}-${last}`);
      const gone = new Set(spell(missing(a, b)));
      const kept = spell(each(a)).filter((range) => !gone.has(range));
      assert.deepEqual([...kept, ...spell(missing(b, a))].sort(), [...spell(each(b))].sort());
    }),
  );
});

function holds(ranges: Ranges, address: number): boolean {
  return [...each(ranges)].some(({ first, last }) => first <= address && address <= last);
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if ("kind" in parsed) throw new TypeError(text);
  return parsed;
}
