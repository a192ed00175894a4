import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readListen } from "./listen-address.ts";

suite("readListen", () => {
  test("reads an address of loopback and a port", () => {
    assert.deepEqual(readListen("127.0.0.1:8080"), { host: "127.0.0.1", port: 8080 });
    assert.deepEqual(readListen("127.20.0.7:0"), { host: "127.20.0.7", port: 0 });
  });

  for (const [text, why] of [
    ["0.0.0.0:8080", /other hosts could reach it/],
    ["192.0.2.1:8080", /other hosts could reach it/],
    ["localhost:8080", /no IPv4 address and port/],
    ["[::1]:8080", /no IPv4 address and port/],
    ["127.0.0.1", /no IPv4 address and port/],
    ["127.0.0.1:", /no IPv4 address and port/],
    ["127.0.0.1:70000", /no IPv4 address and port/],
    ["127.1:8080", /no IPv4 address and port/],
    ["0x7f.0.0.1:80", /no IPv4 address and port/],
    [":8080", /no IPv4 address and port/],
    ["", /no IPv4 address and port/],
  ] as const) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => readListen(text), { code: "usage", message: why });
    });
  }
});
