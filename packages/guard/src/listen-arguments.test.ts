import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { onIpv4, readListenCall } from "./listen-arguments.ts";

const HOST = "192.168.1.105";
const done = (): void => undefined;

const calls: readonly (readonly [values: readonly unknown[], asked: object])[] = [
  [[], { port: 0, host: HOST }],
  [[done], { port: 0, host: HOST }],
  [[undefined], { port: 0, host: HOST }],
  [[null, done], { port: 0, host: HOST }],
  [[3020], { port: 3020, host: HOST }],
  [["3020"], { port: "3020", host: HOST }],
  [[3020, done], { port: 3020, host: HOST }],
  [[3020, "0.0.0.0", done], { port: 3020, host: HOST }],
  [[3020, "::", 128, done], { port: 3020, host: HOST, backlog: 128 }],
  [[3020, 128], { port: 3020, host: HOST, backlog: 128 }],
  [[3020, undefined, done], { port: 3020, host: HOST }],
  [[3020, ""], { port: 3020, host: HOST }],
  [[3020, "0:0:0:0:0:0:0:0"], { port: 3020, host: HOST }],
  [[3020, "::ffff:0.0.0.0"], { port: 3020, host: HOST }],
  [[3020, "192.168.1.7"], { port: 3020, host: "192.168.1.7" }],
  [[3020, "localhost"], { port: 3020, host: "127.0.0.1" }],
  [[3020, "::1"], { port: 3020, host: "127.0.0.1" }],
  [[{ port: 3020 }, done], { port: 3020, host: HOST }],
  [[{ port: 3020, host: "::", ipv6Only: true }], { port: 3020, host: HOST }],
  [[{ port: undefined, path: "/run/a" }], { port: 0, host: HOST, path: "/run/a" }],
  [[{ port: 3020, host: null }], { port: 3020, host: HOST }],
  [[{ port: 3020, fd: null }], { port: 3020, host: HOST, fd: null }],
  [[{ port: 3020, fd: "" }], { port: 3020, host: HOST, fd: "" }],
  [[{ port: 3020, handle: null }], { port: 3020, host: HOST, handle: null }],
  [[{ handle: { port: 3020 } }], { port: 3020, host: HOST }],
  [[{ port: 3020, exclusive: true }], { port: 3020, host: HOST, exclusive: true }],
];

suite("a call of listen", () => {
  for (const [values, asked] of calls) {
    test(`${JSON.stringify(values)} opens IPv4`, () => {
      const call = readListenCall(values);
      assert.ok(call.kind === "tcp");
      assert.deepEqual(onIpv4(call.options, HOST), { ...asked, ipv6Only: false });
      assert.deepEqual(call.rest, values.includes(done) ? [done] : []);
    });
  }

  for (const host of ["example.org", "2001:db8::1", "fe80::1%eth0", "0", "127.1"]) {
    test(`on ${host} is refused`, () => assert.throws(() => onIpv4({ port: 1, host }, HOST), { code: "host" }));
  }

  test("on a path is none of the network", () => {
    assert.deepEqual(readListenCall(["/run/service.sock", done]), { kind: "path" });
    assert.deepEqual(readListenCall([{ path: "/run/service.sock" }]), { kind: "path" });
  });

  test("on a socket opened elsewhere stays there", () => {
    for (const first of [{ fd: 3 }, { handle: {} }, { _handle: {} }, { fd: 3, port: 1 }])
      assert.deepEqual(readListenCall([first]), { kind: "handle" });
  });
});
