/** The guard of a service and the gate of the gateway judge one address alike, however it is spelt. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseNetwork, peerAddress } from "@ecluse/guard/address";
import { createGuard } from "@ecluse/guard";
import { compileGate, permitsFor } from "../../src/policy/gate.ts";

const LISTS = [["192.168.1.100"], ["192.168.1.0/24"], ["192.168.1.101"], ["10.0.0.0/8", "192.168.1.96/29"]];

const SPELLINGS = [
  "192.168.1.100",
  "::ffff:192.168.1.100",
  "::FFFF:192.168.1.100",
  "::ffff:c0a8:164",
  "::ffff:c0a8:0164",
  "::FFFF:C0A8:164",
  "0:0:0:0:0:ffff:c0a8:164",
  "0:0:0:0:0:FFFF:192.168.1.100",
  "0000:0000:0000:0000:0000:ffff:c0a8:0164",
  "0:0::ffff:c0a8:164",
  "::0:ffff:c0a8:164",
  "0::ffff:192.168.1.100",
];

const OTHERS = [
  "::192.168.1.100",
  "64:ff9b::192.168.1.100",
  "192.168.1.100%eth0",
  "192.168.001.100",
  "::1",
  "",
  undefined,
];

for (const list of LISTS) {
  suite(`allowed: ${list.join(", ")}`, () => {
    const expected = list[0] !== "192.168.1.101";
    for (const spelling of SPELLINGS)
      test(`${spelling} has one verdict`, () => assert.deepEqual(verdicts(list, spelling), [expected, expected]));
    for (const other of OTHERS)
      test(`${other ?? "undefined"} stays out of both`, () => assert.deepEqual(verdicts(list, other), [false, false]));
  });
}

test("an address is tried in twelve spellings", () => assert.equal(new Set(SPELLINGS).size, 12));

/** Of the guard, then of the gateway. */
function verdicts(list: readonly string[], address: string | undefined): readonly [boolean, boolean] {
  const networks = list.map(parseNetwork).flatMap((network) => ("kind" in network ? [] : [network]));
  const gate = compileGate([{ source: "proxy" }], () => networks);
  const peer = peerAddress(address);
  return [createGuard({ allow: list }).allows(address), peer !== undefined && permitsFor(gate, peer).length > 0];
}
