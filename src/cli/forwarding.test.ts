import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress, type Ipv4 } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import { USUAL_LIMITS } from "../inventory/limits.ts";
import { decide } from "../policy/decide.ts";
import type { Invocation } from "./command.ts";
import { type Forwarding, forwardPolicy, readForwarding } from "./forwarding.ts";

type Options = Invocation["options"];

function read(
  options: Options = {},
  operands: readonly string[] = ["172.17.1.10", "8888"],
  env: NodeJS.ProcessEnv = {},
): Forwarding {
  const io = { env, out: () => undefined, err: () => undefined, colour: false, line: [] };
  return readForwarding({ operands, options, io });
}

const ipv4 = (text: string): Ipv4 => parseAddress(text) as Ipv4;

suite("readForwarding", () => {
  test("the founding document's two words: door 8888 of every address, as an inventory would limit it, for nobody", () => {
    assert.deepEqual(read(), {
      listen: { address: 0, port: 8888 },
      target: { address: ipv4("172.17.1.10"), port: 8888 },
      grants: [],
      limits: USUAL_LIMITS,
      onRevoke: "drain",
    });
  });

  test("everything that can be said", () => {
    const said = read({
      listen: "127.0.0.1:10101",
      allow: "203.0.113.7, 203.0.113.16/28,192.0.2.44 until 2026-12-01T18:00:00+01:00",
      limits: "idle=5m, sessions=100",
      sessions: "1",
      queue: "4",
      wait: "10s",
      revoke: "cut",
    });
    assert.deepEqual(said, {
      listen: { address: ipv4("127.0.0.1"), port: 10101 },
      target: { address: ipv4("172.17.1.10"), port: 8888 },
      grants: [
        { source: "203.0.113.7" },
        { source: "203.0.113.16/28" },
        { source: "192.0.2.44", until: Date.parse("2026-12-01T17:00:00Z") },
      ],
      limits: { ...USUAL_LIMITS, idle: 300_000, sessions: 100, perSource: 100 },
      sessions: 1,
      queue: { length: 4, wait: 10_000 },
      onRevoke: "cut",
    });
  });

  test("who may enter: the option, else the environment, else nobody", () => {
    const env = { ECLUSE_ALLOW: "192.0.2.1" };
    assert.deepEqual(read({}, undefined, env).grants, [{ source: "192.0.2.1" }]);
    assert.deepEqual(read({ allow: "192.0.2.2" }, undefined, env).grants, [{ source: "192.0.2.2" }]);
    assert.deepEqual(read({ allow: "" }, undefined, env).grants, []);
    assert.deepEqual(read({}, undefined, { ECLUSE_ALLOW: " " }).grants, []);
  });

  const mistakes: readonly (readonly [Options, readonly string[] | undefined, RegExp])[] = [
    [{}, ["terminal.example.org", "8888"], /is not an IPv4 address/],
    [{}, ["172.17.1.10", "88888"], /is not a port/],
    [{}, ["172.17.1.10", "0"], /is not a port/],
    [{}, ["169.254.169.254", "80"], /169\.254\.169\.254 is link-local/],
    [{}, ["0.0.0.0", "80"], /means this network/],
    [{}, ["127.0.0.1", "8888"], /is this door itself/],
    [{ listen: "127.0.0.2:8888" }, ["127.0.0.2", "8888"], /is this door itself/],
    [{ listen: "8888" }, undefined, /is no address and port/],
    [{ listen: "[::]:8888" }, undefined, /is no address and port/],
    [{ allow: "IP_AUTORISEE" }, undefined, /is not an IPv4 address or network/],
    [{ allow: "203.0.113.7,," }, undefined, /is not an IPv4 address or network/],
    [{ allow: "203.0.113.17/28" }, undefined, /is not an IPv4 address or network/],
    [{ allow: "203.0.113.7 until tomorrow" }, undefined, /is not an instant with its time zone/],
    [{ allow: "203.0.113.7 until 2026-12-01T18:00:00" }, undefined, /is not an instant with its time zone/],
    [{ limits: "idle" }, undefined, /is none/],
    [{ limits: "idles=300s" }, undefined, /is none/],
    [{ limits: "idle=300" }, undefined, /out of bounds/],
    [{ limits: "idle=1ms" }, undefined, /out of bounds/],
    [{ limits: "idle=1m,idle=2m" }, undefined, /written twice/],
    [{ limits: "sessions=100001" }, undefined, /not a number of sessions/],
    [{ queue: "4" }, undefined, /--queue has no effect without --sessions/],
    [{ sessions: "1", wait: "4s" }, undefined, /--wait has no effect without --queue/],
    [{ revoke: "kill" }, undefined, /no way to revoke/],
  ];
  for (const [options, operands, message] of mistakes) {
    test(`refuses ${JSON.stringify(operands ?? options)}`, () => {
      assert.throws(
        () => read(options, operands),
        (error) => error instanceof EcluseError && error.code === "usage" && message.test(error.message),
      );
    });
  }
});

suite("forwardPolicy", () => {
  const door = { address: ipv4("0.0.0.0"), port: 8888 };
  const now = Date.parse("2026-11-22T12:00:00Z");

  test("lets in who is named, while the right holds, and nobody else", () => {
    const policy = forwardPolicy(read({ allow: "203.0.113.16/28,192.0.2.44 until 2026-11-22T13:00:00Z" }));
    const may = (source: string, at = now): boolean => decide(policy, door, ipv4(source), at).permit;
    assert.deepEqual(
      ["203.0.113.15", "203.0.113.16", "203.0.113.31", "203.0.113.32"].map((ip) => may(ip)),
      [false, true, true, false],
    );
    assert.deepEqual([may("192.0.2.44"), may("192.0.2.44", now + 3_600_000)], [true, false]);
  });

  test("nobody named, nobody enters", () => {
    const policy = forwardPolicy(read());
    for (const source of ["127.0.0.1", "172.17.0.1", "0.0.0.0", "255.255.255.255"]) {
      assert.deepEqual(decide(policy, door, ipv4(source), now), { permit: false, reason: "not-listed" });
    }
  });
});
