import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { guardFromEnvironment } from "./environment.ts";

suite("guardFromEnvironment", () => {
  test("reads one address, or several", () => {
    const guard = guardFromEnvironment({ env: { ALLOWED_SOURCE_IP: "192.168.1.100, 192.168.1.103" } });
    assert.deepEqual(
      ["192.168.1.100", "192.168.1.103", "192.168.1.101", "127.0.0.1"].map((address) => guard.allows(address)),
      [true, true, false, false],
    );
  });

  for (const text of ["", " ", ",", "192.168.1", "VOTRE_IP", "ANY"]) {
    test(`refuses to start on ${JSON.stringify(text)}, on loopback too`, () => {
      assert.throws(() => guardFromEnvironment({ env: { ALLOWED_SOURCE_IP: text }, host: "127.0.0.1" }), {
        name: "GuardError",
        message: /^ALLOWED_SOURCE_IP/,
      });
    });
  }

  test("set, it is read even where everybody was written out", () => {
    const guard = guardFromEnvironment({ env: { ALLOWED_SOURCE_IP: "192.168.1.100" }, allow: "any" });
    assert.equal(guard.allows("192.168.1.1"), false);
  });

  for (const host of [undefined, "", "0.0.0.0", "::", "192.168.1.105", "example.org"]) {
    test(`absent, it refuses to start on ${host ?? "an unknown host"}`, () => {
      assert.throws(() => guardFromEnvironment({ env: {}, host }), { code: "environment", message: /is absent and/ });
    });
  }

  for (const host of ["127.0.0.1", "127.0.1.1", "localhost", "::1"]) {
    test(`absent on ${host}, this machine comes in and nobody else`, () => {
      const guard = guardFromEnvironment({ env: {}, host });
      assert.deepEqual(
        ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "192.168.1.100", "2001:db8::1", undefined].map(
          (address) => guard.allows(address),
        ),
        [true, true, true, true, false, false, false],
      );
    });
  }

  test("absent and everybody written out, everybody comes in", () => {
    assert.equal(guardFromEnvironment({ env: {}, allow: "any" }).allows("2001:db8::1"), true);
  });
});
