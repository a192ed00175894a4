import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, contains, formatNetwork, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import {
  type AddressSet,
  EVERYBODY,
  NOBODY,
  addressRange,
  addressesOf,
  complement,
  holds,
  intersection,
  meet,
  networksIn,
  sameAddresses,
  sayAddresses,
  sizeOf,
  union,
  unionOf,
  without,
} from "./address-set.ts";

const LAST = 0xffffffff;

/** Small numbers, and the two ends of the address space, where sums overflow. */
const address = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((back) => LAST - back),
  fc.integer({ min: 0, max: LAST }),
);
const range = fc.tuple(address, address).map(([a, b]) => addressRange(Math.min(a, b), Math.max(a, b)));
const set: fc.Arbitrary<AddressSet> = fc.array(range, { maxLength: 6 }).map(unionOf);

suite("AddressSet", () => {
  test("an address is in a union, an intersection, a difference, a complement as logic says", () => {
    fc.assert(
      fc.property(set, set, address, (a, b, at) => {
        const [inA, inB] = [holds(a, at as Ipv4), holds(b, at as Ipv4)];
        assert.equal(holds(union(a, b), at as Ipv4), inA || inB);
        assert.equal(holds(intersection(a, b), at as Ipv4), inA && inB);
        assert.equal(holds(without(a, b), at as Ipv4), inA && !inB);
        assert.equal(holds(complement(a), at as Ipv4), !inA);
      }),
    );
  });

  test("ranges are sorted, disjoint and never touch, whatever made them", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        for (const { bounds } of [a, union(a, b), intersection(a, b), without(a, b), complement(a)]) {
          bounds.forEach((bound, i) => {
            const next = bounds[i + 1];
            if (next !== undefined) assert.ok(i % 2 === 0 ? bound <= next : bound + 1 < next);
          });
        }
      }),
    );
  });

  test("De Morgan, the complement's complement, and sizes", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        assert.ok(sameAddresses(complement(union(a, b)), intersection(complement(a), complement(b))));
        assert.ok(sameAddresses(complement(complement(a)), a));
        assert.equal(sizeOf(a) + sizeOf(complement(a)), 2 ** 32);
        assert.equal(sizeOf(union(a, b)), sizeOf(a) + sizeOf(b) - sizeOf(intersection(a, b)));
        assert.equal(meet(a, b), sizeOf(intersection(a, b)) > 0);
      }),
    );
  });

  test("its networks hold exactly its addresses, and join to it again", () => {
    fc.assert(
      fc.property(set, address, (a, at) => {
        const networks = networksIn(a);
        assert.ok(sameAddresses(addressesOf(networks), a));
        assert.equal(networks.filter((network) => contains(network, at as Ipv4)).length, holds(a, at as Ipv4) ? 1 : 0);
      }),
    );
  });

  test("said in words", () => {
    const of = (...texts: string[]) =>
      addressesOf(
        texts.map((text) => {
          const network = parseNetwork(text);
          return "address" in network ? network : assert.fail(text);
        }),
      );
    assert.equal(sayAddresses(EVERYBODY), "everybody");
    assert.equal(sayAddresses(of("203.0.113.7", "192.0.2.0/24")), "192.0.2.0/24, 203.0.113.7");
    assert.equal(sayAddresses(complement(of("203.0.113.7"))), "everybody but 203.0.113.7");
    assert.deepEqual(networksIn(of("192.0.2.0/25", "192.0.2.128/25")).map(formatNetwork), ["192.0.2.0/24"]);
    assert.deepEqual(networksIn(EVERYBODY).map(formatNetwork), ["0.0.0.0/0"]);
    assert.deepEqual(networksIn(NOBODY), []);
    assert.equal(
      sayAddresses(of("10.0.0.1", "10.0.0.3", "10.0.0.5", "10.0.0.7", "10.0.0.9")).endsWith("5 addresses in all"),
      true,
    );
  });
});
