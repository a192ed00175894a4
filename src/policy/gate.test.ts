import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, type Network, contains, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import type { Grant } from "../inventory/model.ts";
import { compileGate, permitsFor } from "./gate.ts";

/** Grants whose source is its own list of networks: `"10.0.0.0/8 192.0.2.1"`. */
const gateOf = (...sources: string[]) =>
  compileGate(
    sources.map((source) => ({ source })),
    (source) => source.split(" ").filter(Boolean).map(network),
  );

const sourcesFor = (gate: ReturnType<typeof gateOf>, address: number): readonly string[] =>
  permitsFor(gate, address as Ipv4).map(({ grant }) => grant.source);

suite("compileGate", () => {
  test("no grants: nobody", () => {
    for (const address of [0, 1, 0x7f000001, 0xffffffff]) assert.deepEqual(sourcesFor(gateOf(), address), []);
  });

  test("a grant without networks: nobody", () => {
    for (const address of [0, 0x0a000001, 0xffffffff]) assert.deepEqual(sourcesFor(gateOf(""), address), []);
  });

  test("0.0.0.0/0 is everyone, from the first address to the last", () => {
    for (const address of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff])
      assert.deepEqual(sourcesFor(gateOf("0.0.0.0/0"), address), ["0.0.0.0/0"]);
  });

  test("the first and the last address of the space are held by their own networks only", () => {
    const gate = gateOf("0.0.0.0", "255.255.255.255");
    assert.deepEqual(sourcesFor(gate, 0), ["0.0.0.0"]);
    assert.deepEqual(sourcesFor(gate, 1), []);
    assert.deepEqual(sourcesFor(gate, 0xfffffffe), []);
    assert.deepEqual(sourcesFor(gate, 0xffffffff), ["255.255.255.255"]);
  });

  test("a network begins at its first address and ends at its last", () => {
    const gate = gateOf("198.51.100.16/28");
    const first = 0xc6336410;
    assert.deepEqual(
      [first - 1, first, first + 15, first + 16].map((address) => sourcesFor(gate, address).length),
      [0, 1, 1, 0],
    );
  });

  test("grants that overlap stand in the order they were written, not by size", () => {
    const address = 0x0a010203;
    assert.deepEqual(sourcesFor(gateOf("10.1.2.3", "10.0.0.0/8"), address), ["10.1.2.3", "10.0.0.0/8"]);
    assert.deepEqual(sourcesFor(gateOf("10.0.0.0/8", "10.1.2.3"), address), ["10.0.0.0/8", "10.1.2.3"]);
  });

  test("a grant that names an address twice names it once", () => {
    const gate = gateOf("10.0.0.0/8 10.1.0.0/16 10.1.2.3");
    assert.equal(sourcesFor(gate, 0x0a010203).length, 1);
    assert.equal(sourcesFor(gate, 0x0a010204).length, 1);
    assert.equal(sourcesFor(gate, 0x0affffff).length, 1);
    assert.equal(sourcesFor(gate, 0x0b000000).length, 0);
  });

  test("the same grant written twice gives two permits, each its own", () => {
    const grants: Grant[] = [{ source: "10.0.0.0/8", until: 1 }, { source: "10.0.0.0/8" }];
    const gate = compileGate(grants, (source) => [network(source)]);
    assert.deepEqual(
      permitsFor(gate, 0x0a000000 as Ipv4).map(({ grant }) => grant),
      grants,
    );
  });

  test("says what a look at every network says, for any grants and any address", () => {
    fc.assert(
      fc.property(fc.array(fc.array(networks, { maxLength: 5 }), { maxLength: 6 }), addresses, (lists, loose) => {
        const gate = compileGate(
          lists.map((_, index) => ({ source: String(index) })),
          (source) => lists[Number(source)] ?? [],
        );
        const near = lists.flat().flatMap(edges);
        for (const address of [loose, 0, 0xffffffff, ...near]) {
          const naive = lists.flatMap((list, index) =>
            list.some((each) => contains(each, address as Ipv4)) ? [String(index)] : [],
          );
          assert.deepEqual(sourcesFor(gate, address), naive);
        }
      }),
    );
  });

  test("segments ascend from 0, and neighbours differ", () => {
    fc.assert(
      fc.property(fc.array(networks, { maxLength: 12 }), (list) => {
        const { starts, answerOf } = compileGate([{ source: "all" }], () => list);
        assert.equal(starts[0], 0);
        for (let index = 1; index < starts.length; index += 1) {
          assert.ok((starts[index] ?? 0) > (starts[index - 1] ?? 0));
          assert.notEqual(answerOf[index], answerOf[index - 1]);
        }
      }),
    );
  });
});

const addresses = fc.integer({ min: 0, max: 0xffffffff });

/** Few distinct bases and every length, so that networks meet, nest and touch. */
const networks: fc.Arbitrary<Network> = fc
  .tuple(
    fc.oneof(addresses, fc.constantFrom(0, 0x0a000000, 0x0a010000, 0x0a0100ff, 0xffffff00, 0xffffffff)),
    fc.integer({ min: 0, max: 32 }),
  )
  .map(([address, prefix]) => {
    const size = 2 ** (32 - prefix);
    return { address: (Math.floor(address / size) * size) as Ipv4, prefix };
  });

/** Both ends of a network and their neighbours. */
function edges({ address, prefix }: Network): number[] {
  const last = address + 2 ** (32 - prefix) - 1;
  return [address - 1, address, last, last + 1].filter((each) => each >= 0 && each <= 0xffffffff);
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if ("kind" in parsed) throw new TypeError(text);
  return parsed;
}
