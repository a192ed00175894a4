import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatAddress } from "@ecluse/guard/address";
import { ipv4 } from "../../test/support/loopback.ts";
import type { SetElement } from "../netfilter/netlink/set-message.ts";
import { RefusedSince, countedIn, totalIn } from "./refused.ts";

const DOOR = ipv4("198.51.100.10");
const element = (source: string, port: number, packets: number): SetElement => ({
  key: [ipv4(source), DOOR, port * 65_536],
  packets,
  left: 599_000,
});
const listed = (...elements: readonly SetElement[]) => countedIn(elements);

suite("RefusedSince", () => {
  test("what is new since the last look, by source and door", () => {
    const since = new RefusedSince();
    const told = (inAll: number, ...elements: readonly SetElement[]) =>
      since.take(inAll, listed(...elements)).map(({ from, count }) => [from && formatAddress(from.source), count]);
    assert.deepEqual(told(0), []);
    assert.deepEqual(told(3, element("192.0.2.66", 1, 2), element("192.0.2.67", 1, 1)), [
      ["192.0.2.66", 2],
      ["192.0.2.67", 1],
    ]);
    assert.deepEqual(told(4, element("192.0.2.66", 1, 3), element("192.0.2.67", 1, 1)), [["192.0.2.66", 1]]);
  });

  test("an element that was forgotten and came again counts from nothing", () => {
    const since = new RefusedSince();
    since.take(5, listed(element("192.0.2.66", 1, 5)));
    since.take(5, listed());
    const [row, ...more] = since.take(7, listed(element("192.0.2.66", 1, 2)));
    assert.deepEqual([row?.count, more], [2, []]);
    const [again] = since.take(8, listed(element("192.0.2.66", 1, 1)));
    assert.deepEqual([again?.count, again?.from !== undefined], [1, true], "even between two looks");
  });

  test("what found no room in the set is told without a source, once", () => {
    const since = new RefusedSince();
    assert.deepEqual(
      since.take(10, listed(element("192.0.2.66", 1, 4))).map(({ from, count }) => [from === undefined, count]),
      [
        [false, 4],
        [true, 6],
      ],
    );
    assert.deepEqual(since.take(10, listed(element("192.0.2.66", 1, 4))), []);
  });

  test("who comes between the two listings is not told twice", () => {
    const since = new RefusedSince();
    // The sum was read before the fourth came.
    assert.equal(since.take(3, listed(element("192.0.2.66", 1, 4)))[0]?.count, 4);
    assert.deepEqual(since.take(4, listed(element("192.0.2.66", 1, 4))), []);
    assert.deepEqual(
      since.take(6, listed(element("192.0.2.66", 1, 4))).map(({ count }) => count),
      [2],
    );
  });
});

test("totalIn: of the only element of the set, and how long it is still there", () => {
  assert.deepEqual(totalIn([{ key: [6 * 2 ** 24], packets: 7, left: 2_591_999_250 }]), {
    packets: 7,
    left: 2_591_999_250,
  });
  assert.deepEqual(totalIn([]), { packets: 0 });
});

test("countedIn: the source, the address and the port of each", () => {
  const [row] = countedIn([element("192.0.2.66", 17_299, 3)]);
  assert.deepEqual(
    [row?.source, row?.endpoint, row?.packets],
    [ipv4("192.0.2.66"), { address: DOOR, port: 17_299 }, 3],
  );
});
