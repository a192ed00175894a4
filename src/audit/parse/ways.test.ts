import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import { holds } from "../wall/address-set.ts";
import { deviceTo, waysOf } from "./ways.ts";

/** As `ip -j` prints them: Tailscale's table before main, a rule for marked packets, an IPv6 default, a throw. */
const RULES = [
  { priority: 0, src: "all", table: "local" },
  { priority: 5210, src: "all", fwmark: "0x80000", fwmask: "0xff0000", table: "main" },
  { priority: 5270, src: "all", table: "52" },
  { priority: 32766, src: "all", table: "main" },
];
const ROUTES = [
  { dst: "default", gateway: "198.51.100.1", dev: "eth0" },
  { dst: "198.51.100.0/24", dev: "eth0", scope: "link" },
  { dst: "172.18.0.0/16", dev: "br-1", scope: "link" },
  { type: "local", dst: "198.51.100.10", dev: "eth0", table: "local" },
  { type: "local", dst: "127.0.0.0/8", dev: "lo", table: "local" },
  { dst: "172.17.0.0/16", dev: "tailscale0", table: "52" },
  { type: "throw", dst: "172.17.9.0/24", table: "52" },
  { type: "unreachable", dst: "203.0.113.0/24", table: "main" },
  { dst: "default", dev: "eth9", metric: 1024, pref: "medium" },
];

const readings = Object.entries({ rules: RULES, routes: ROUTES }).map(([id, value]) => ({
  id,
  source: id,
  text: JSON.stringify(value),
}));
const ways = waysOf({ format: 1, host: "gateway", taken: "2026-11-22T12:00:00.000Z", readings });

const EXPECTED: readonly (readonly [string, string | undefined])[] = [
  ["192.0.2.1", "eth0"],
  ["198.51.100.10", "lo"],
  ["198.51.100.11", "eth0"],
  ["172.17.1.10", "tailscale0"],
  ["172.17.9.10", "eth0"],
  ["172.18.0.2", "br-1"],
  ["127.0.0.1", "lo"],
  ["203.0.113.7", undefined],
];

for (const [address, device] of EXPECTED) {
  test(`${address} comes by ${device ?? "no interface"}`, () => {
    assert.equal(deviceTo(ways, at(address)), device);
  });
}

test("the host's own addresses, and the interface that has one", () => {
  assert.ok(holds(ways.own, at("198.51.100.10")) && !holds(ways.own, at("198.51.100.11")));
  assert.equal(ways.deviceOf(at("198.51.100.10")), "eth0");
});

function at(text: string): Ipv4 {
  return parseAddress(text) ?? assert.fail(text);
}
