import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import { deleteRequest, entryOf, listRequest } from "./conntrack-message.ts";
import {
  attribute,
  long,
  nested,
  request,
  sequenceOf,
  sizeOf,
  typeOf,
  value,
} from "../../../netfilter/netlink/netlink-message.ts";

// As Linux 6.18 says them of one connection from 127.0.0.1:43840 to 127.0.0.1:9999, which rules lead to port 8888.
const WAYS =
  "3400018014000180080001007f000001080002007f0000011c000280050001000600000006000200ab40000006000300270f0000" +
  "3400028014000180080001007f000001080002007f0000011c00028005000100060000000600020022b8000006000300ab400000";
const NEW =
  `c400000000010006000000000000000002000000${WAYS}08000c0026a6fc8208000300000001a808000700000000783000` +
  "04802c0001800500010001000000050002000a000000050003000000000006000400030000000600050000000000";
const LISTED =
  `d40000000001220005000000dff5e2c102000000${WAYS}08000300000001ae080008000000000008000c0026a6fc8208000b00` +
  "00000001080007000006977f300004802c0001800500010003000000050002000a000000050003000a00000006000400230000000600050023000000";
const DELETED =
  `a40000000201000000000000dff5e2c102000000${WAYS}08000c0026a6fc8208000300000003ae080007000006977e10000480` +
  "0c0001800500010003000000";

const ID = 648_477_826;
const HEARD = 1_795_374_929_027;
const loopback = (port: number) => ({ address: parseAddress("127.0.0.1"), port });

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

suite("entryOf", () => {
  test("one that comes: when, who, to which door, to which target", () => {
    assert.deepEqual(entryOf(bytesOf(NEW), 0, HEARD), {
      ...{ what: "NEW", at: HEARD, id: ID, state: "SYN_SENT", mark: 0, deleted: false },
      ...{ source: loopback(43_840), endpoint: loopback(9_999) },
      ...{ target: loopback(8_888), seenAs: loopback(43_840), bytes: undefined },
    });
  });

  test("a change of it: without the flags that say that it is new", () => {
    const changed = bytesOf(NEW);
    changed.writeUInt16LE(0, 6);
    assert.equal(entryOf(changed, 0, HEARD)?.what, "UPDATE");
  });

  test("the end of one that a program deleted, and of one whose time ran out", () => {
    const deleted = bytesOf(DELETED);
    assert.deepEqual(pick(deleted), ["DESTROY", "ESTABLISHED", true]);
    deleted.writeUInt32LE(0, 12);
    assert.deepEqual(pick(deleted), ["DESTROY", "ESTABLISHED", false]);
  });

  test("one of a list: no instant", () => {
    const entry = entryOf(bytesOf(LISTED), 0, HEARD);
    assert.deepEqual([entry?.what, entry?.at, entry?.id, entry?.state], ["listed", undefined, ID, "ESTABLISHED"]);
  });

  test("a mark beyond 31 bits, bytes where the host counts", () => {
    const counts = (packets: number, bytes: number): Uint8Array =>
      Buffer.concat([attribute(1, quad(packets)), attribute(2, quad(bytes))]);
    const said = changeWith(
      attribute(8, value(0xf800_0000, 4)),
      nested(9, [counts(6, 340)]),
      nested(10, [counts(4, 2 ** 40 + 215)]),
    );
    const entry = entryOf(said, 0, HEARD);
    assert.equal(entry?.mark, 0xf800_0000);
    assert.deepEqual(entry.bytes, { toTarget: 340, toClient: 2 ** 40 + 215 });
  });

  test("a state that is not known here", () => {
    const state = nested(4, [nested(1, [attribute(1, value(9, 1))])]);
    assert.deepEqual(pick(changeWith(state)), ["UPDATE", undefined, false]);
  });

  for (const [what, from, to] of [
    ["UDP", "0500010006", "0500010011"],
    ["a destination that nobody translated", "08000300000001a8", "0800030000000188"],
    ["IPv6, whose addresses have other numbers", "080001007f000001", "080003007f000001"],
    ["another message", "c40000000001", "c40000000002"],
    ["no way back", `3400028014`, `3400038014`],
  ] as const) {
    test(`no entry: ${what}`, () => {
      assert.ok(NEW.includes(from));
      assert.equal(entryOf(bytesOf(NEW.replaceAll(from, to)), 0, HEARD), undefined);
    });
  }

  test("what is cut short anywhere is read without harm", () => {
    const whole = bytesOf(LISTED);
    for (let size = 20; size < whole.length; size += 1) {
      const cut = Buffer.from(whole.subarray(0, size));
      cut.writeUInt32LE(size, 0);
      entryOf(cut, 0, HEARD);
    }
  });
});

test("listRequest: for those that are translated", () => {
  const sent = listRequest(5);
  assert.deepEqual([typeOf(sent, 0), sequenceOf(sent, 0), sizeOf(sent, 0)], [257, 5, sent.length]);
  assert.deepEqual([long(sent, 24), long(sent, 32)], [32, 32]);
});

test("deleteRequest: names the connection as the kernel does, and never none, which would be all", () => {
  const entry = entryOf(bytesOf(NEW), 0, HEARD);
  assert.ok(entry !== undefined);
  const sent = Buffer.from(deleteRequest(6, entry));
  assert.equal(typeOf(sent, 0), 258);
  assert.ok(sent.toString("hex").includes(WAYS.slice(0, WAYS.length / 2)));
  assert.ok(sent.toString("hex").endsWith("08000c0026a6fc82"));
});

/** What else is said of it, in a change. */
function changeWith(...more: readonly Uint8Array[]): Uint8Array {
  return request(256, 0, 0, [bytesOf(WAYS), attribute(3, value(0x1ae, 4)), ...more]);
}

function pick(message: Uint8Array): readonly unknown[] {
  const entry = entryOf(message, 0, HEARD);
  return [entry?.what, entry?.state, entry?.deleted];
}

function quad(number: number): Uint8Array {
  const written = Buffer.alloc(8);
  written.writeBigUInt64BE(BigInt(number));
  return written;
}
