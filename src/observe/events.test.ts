import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { SessionRecord } from "../engine/records.ts";
import { doorEvent, formatEndpoint, refusedEvent, sessionEvent } from "./events.ts";

function ip(text: string): Ipv4 {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(text);
  return address;
}

const RECORD: SessionRecord = {
  flow: "depot22-tpe01",
  endpoint: { address: ip("198.51.100.10"), port: 12201 },
  source: ip("203.0.113.7"),
  target: { address: ip("172.17.22.10"), port: 8888 },
  rule: "odoo",
  startedAt: Date.UTC(2026, 10, 1, 8, 30, 0, 5),
  duration: 1_234.567,
  bytesToTarget: 56,
  bytesToClient: 95,
  outcome: "closed",
  by: "client",
};

suite("sessionEvent", () => {
  test("addresses in words, the instant in UTC, the duration in whole milliseconds, and nothing else", () => {
    assert.deepEqual(sessionEvent(RECORD), {
      event: "session",
      flow: "depot22-tpe01",
      source: "203.0.113.7",
      endpoint: "198.51.100.10:12201",
      target: "172.17.22.10:8888",
      rule: "odoo",
      started: "2026-11-01T08:30:00.005Z",
      duration: 1_235,
      bytesToTarget: 56,
      bytesToClient: 95,
      outcome: "closed",
      by: "client",
    });
  });

  test("the cause where there is one", () => {
    const failed = { ...RECORD, outcome: "dial-failed", by: "target", cause: "ECONNREFUSED" } as const;
    assert.equal(sessionEvent(failed).cause, "ECONNREFUSED");
  });
});

suite("refusedEvent", () => {
  test("what is not known is null, so that the field is always there", () => {
    const row = { flow: undefined, source: undefined, outcome: "denied", reason: "many-sources", count: 7 } as const;
    assert.deepEqual(refusedEvent(row), { event: "refused", ...row, flow: null, source: null });
    assert.equal(refusedEvent({ ...row, source: ip("192.0.2.66") }).source, "192.0.2.66");
  });
});

suite("doorEvent", () => {
  const door = { flow: "depot01-tpe01", endpoint: { address: ip("198.51.100.10"), port: 10101 } };
  for (const [cause, words] of [
    ["EADDRINUSE", "address already in use (another program listens there: ss -ltnp)"],
    ["EADDRNOTAVAIL", "this host does not have that address (yet): ip -4 address"],
    ["EACCES", "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)"],
    ["EMFILE", "EMFILE"],
  ] as const) {
    test(`${cause} in words`, () => {
      const { message, endpoint, event } = doorEvent("blocked", { ...door, cause });
      assert.deepEqual([event, endpoint], ["blocked", "198.51.100.10:10101"]);
      assert.equal(message, `Cannot listen on 198.51.100.10:10101: ${words}`);
    });
  }

  test("table-left-over: it listens, and nobody comes", () => {
    const { message } = doorEvent("blocked", { ...door, cause: "table-left-over" });
    assert.match(
      message,
      /^Nobody comes to 198\.51\.100\.10:10101: the kernel engine's table ip ecluse stands before it/,
    );
    assert.match(message, /sudo nft delete table ip ecluse\)$/);
  });

  test("unblocked says that it listens now", () => {
    const { message } = doorEvent("unblocked", { ...door, cause: "EADDRINUSE" });
    assert.equal(message, "Listening on 198.51.100.10:10101 now");
  });
});

suite("formatEndpoint", () => {
  test("address:port", () => {
    assert.equal(formatEndpoint({ address: ip("0.0.0.0"), port: 1 }), "0.0.0.0:1");
  });
});
