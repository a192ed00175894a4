import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Network, contains, formatNetwork, lastAddress, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { merged } from "./subject.ts";

const read = (text: string): Network => parseNetwork(text) as Network;

suite("merged", () => {
  const table: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[], []],
    [["192.0.2.1", "192.0.2.1"], ["192.0.2.1"]],
    [["192.0.2.3", "192.0.2.2"], ["192.0.2.2/31"]],
    [
      ["192.0.2.1", "192.0.2.2"],
      ["192.0.2.1", "192.0.2.2"],
    ],
    [["192.0.2.0/25", "192.0.2.7", "192.0.2.128/25"], ["192.0.2.0/24"]],
    [["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/0"]],
  ];
  for (const [given, expected] of table) {
    test(`${given.join(" ") || "nothing"} is ${expected.join(" ") || "nothing"}`, () => {
      assert.deepEqual(merged(given.map(read)).map(formatNetwork), expected);
    });
  }

  test("holds the same addresses, sorted and apart", () => {
    const network = fc
      .record({ bits: fc.integer({ min: 0, max: 255 }), prefix: fc.integer({ min: 24, max: 32 }) })
      .map(({ bits, prefix }) => read(`192.0.2.${bits - (bits % 2 ** (32 - prefix))}/${prefix}`));
    fc.assert(
      fc.property(fc.array(network, { maxLength: 12 }), (networks) => {
        const list = merged(networks);
        for (let host = 0; host < 256; host += 1) {
          const { address } = read(`192.0.2.${host}`);
          const holds = (each: Network): boolean => contains(each, address);
          assert.equal(list.filter(holds).length, networks.some(holds) ? 1 : 0);
        }
        list.slice(1).forEach((each, index) => {
          assert.ok(each.address > lastAddress(list[index] ?? each));
        });
      }),
    );
  });
});
