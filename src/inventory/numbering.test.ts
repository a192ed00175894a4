import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatAddress, type Network, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import {
  DEPOTS,
  depotNetwork,
  inPlan,
  plannedAddress,
  positionOf,
  publicPortOf,
  TERMINALS,
  terminalId,
} from "./numbering.ts";

const positions = fc.record(
  {
    depot: fc.integer({ min: 1, max: DEPOTS }),
    terminal: fc.integer({ min: 1, max: TERMINALS }),
  },
  { noNullPrototype: true },
);

suite("the numbering plan", () => {
  const table = [
    [1, 1, 10101, "depot01-tpe01", "172.17.1.10"],
    [1, 2, 10102, "depot01-tpe02", "172.17.1.11"],
    [22, 1, 12201, "depot22-tpe01", "172.17.22.10"],
    [72, 99, 17299, "depot72-tpe99", "172.17.72.108"],
  ] as const;
  for (const [depot, terminal, port, id, address] of table) {
    test(`has depot ${depot}, terminal ${terminal} on ${port} as the founding document has it`, () => {
      const plan = parseNetwork("172.17.0.0/16") as Network;
      assert.equal(publicPortOf({ depot, terminal }), port);
      assert.equal(terminalId({ depot, terminal }), id);
      assert.equal(formatAddress(plannedAddress(plan, 10, { depot, terminal })), address);
      assert.equal(depotNetwork(plan, depot).prefix, 24);
    });
  }

  test("is a bijection: every position has one port and every port of the plan its position", () => {
    fc.assert(fc.property(positions, (position) => assert.deepEqual(positionOf(publicPortOf(position)), position)));
    const planned = Array.from({ length: 65_536 }, (_, port) => port).filter((port) => positionOf(port) !== undefined);
    assert.equal(planned.length, 7_128);
    assert.deepEqual([planned[0], planned.at(-1)], [10_101, 17_299]);
  });

  for (const port of [0, 10_000, 10_100, 10_200, 17_300, 17_301, 65_535, 12_201.5]) {
    test(`has no position for ${port}`, () => assert.equal(positionOf(port), undefined));
  }

  for (const [depot, terminal] of [
    [0, 1],
    [73, 1],
    [1, 0],
    [1, 100],
    [1.5, 1],
    [NaN, 1],
  ] as const) {
    test(`does not hold depot ${depot}, terminal ${terminal}`, () => assert.ok(!inPlan({ depot, terminal })));
  }
});
