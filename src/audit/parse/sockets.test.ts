import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatAddress } from "@ecluse/guard/address";
import type { HostFacts } from "../facts.ts";
import { listenersOf } from "./sockets.ts";

/** As the script prints it: two namespaces, the host's own first. */
const SOCKETS = `== net:[4026531840] tcp self
   0: 690AA8C0:0BCC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0000000000000000 100 0 0 10 0
   1: 00000000:2775 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 0000000000000000 100 0 0 10 0
== net:[4026531840] tcp6 self
   0: 00000000000000000000000000000000:0BC7 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 43 1
   1: 0000000000000000FFFF0000690AA8C0:0BCD 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 44 1
   2: 0000000000000000FFFF000000000000:0BCE 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 48 1
== net:[4026531840] udp self
  10: 00000000:2775 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 45 2 0000000000000000 0
  11: 0100007F:C001 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 46 2 0000000000000000 0
== net:[4026532301] tcp 77
   0: 00000000:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 47 1 0000000000000000 100 0 0 10 0`;

const OWNERS = `/proc/12/fd/20 socket:[41]
/proc/77/fd/3 socket:[47]`;

const ID = "0123456789abcdef".repeat(4);

const PROGRAMS = `/proc/12/comm:node
/proc/77/comm:socat
/proc/77/cgroup:0::/system.slice/docker-${ID}.scope`;

function facts(texts: Readonly<Record<string, string>>): HostFacts {
  const readings = Object.entries(texts).map(([id, text]) => ({ id, source: id, text }));
  return { format: 1, host: "gateway", taken: "2026-11-22T12:00:00.000Z", readings };
}

suite("listenersOf", () => {
  const listeners = listenersOf(facts({ sockets: SOCKETS, owners: OWNERS, programs: PROGRAMS }));
  const at = (port: number) => listeners.filter((each) => each.port === port);

  test("an address, whose bytes stand in reverse, and its owner", () => {
    const [first] = at(3020);
    assert.equal(first?.scope, "address");
    assert.equal(formatAddress(first.address ?? assert.fail()), "192.168.10.105");
    assert.deepEqual(first.owner, { pid: 12, program: "node" });
  });

  test("wildcards of both families, and mapped addresses", () => {
    assert.deepEqual(
      at(10101).map(({ protocol, scope }) => [protocol, scope]),
      [
        ["tcp", "wildcard4"],
        ["udp", "wildcard4"],
      ],
    );
    assert.equal(at(3015)[0]?.scope, "wildcard6");
    assert.equal(formatAddress(at(3021)[0]?.address ?? assert.fail()), "192.168.10.105");
    assert.equal(at(3022)[0]?.scope, "wildcard4");
  });

  test("a socket with a peer is no door", () => {
    assert.deepEqual(at(0xc001), []);
  });

  test("another namespace, and the container in it", () => {
    const [inside] = at(8888);
    assert.equal(inside?.namespace, "net:[4026532301]");
    assert.deepEqual(inside.owner, { pid: 77, program: "socat", container: ID });
    assert.ok(listeners.filter(({ port }) => port !== 8888).every(({ namespace }) => namespace === ""));
  });

  test("the unit of a program, whichever control groups it names", () => {
    const unitBy = (group: string) => {
      const programs = `/proc/12/comm:node\n/proc/12/cgroup:${group}`;
      return listenersOf(facts({ sockets: SOCKETS, owners: OWNERS, programs }))[0]?.owner?.unit;
    };
    assert.equal(unitBy("0::/system.slice/api.service"), "api.service");
    assert.equal(unitBy("1:name=systemd:/system.slice/system-relay.slice/relay@1.service"), "relay@1.service");
    assert.equal(unitBy("0::/user.slice/user-1000.slice/session-3.scope"), undefined);
  });

  test("nothing read, nobody listens", () => {
    assert.deepEqual(listenersOf(facts({})), []);
  });
});
