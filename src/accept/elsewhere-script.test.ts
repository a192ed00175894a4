import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { heardFrom, ipv6From } from "./elsewhere-script.ts";

suite("heardFrom", () => {
  const table: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ["nothing yet", ["pid 7"], undefined],
    ["connected, and held", ["pid 7", "connected"], undefined],
    ["held long enough", ["pid 7", "connected", "read 142"], "open"],
    ["FIN", ["pid 7", "connected", "read 1"], "ended"],
    ["RST", ["connected", "attempt: line 5: read: read error: 3: Connection reset by peer", "read 1"], "reset"],
    ["an answer", ["connected", "first HTTP/1.1 403", "read 0"], "open 403"],
    ["an answer that is no HTTP", ["connected", "first SSH-2.0-Open", "read 0"], "open"],
    ["refused", ["pid 7", "attempt: connect: Connection refused"], "refused"],
    ["no route", ["pid 7", "attempt: connect: No route to host"], "no-answer No route to host"],
    ["no network", ["pid 7", "attempt: connect: Network is unreachable"], "no-way Network is unreachable"],
  ];
  for (const [name, lines, expected] of table) {
    test(name, () => {
      const heard = heardFrom(lines);
      const parts = heard && [heard.how, heard.status, heard.why].filter((part) => part !== undefined);
      assert.equal(parts?.join(" "), expected);
    });
  }
});

suite("ipv6From", () => {
  test("as people write them, without link-local ones", () => {
    const lines = [
      `ipv6 ${"0".repeat(31)}1 10`,
      "ipv6 fd000192016800010000000000000103 00",
      "ipv6 fe80000000000000fc1e11fffe000001 20",
      "ready",
    ];
    assert.deepEqual(ipv6From(lines), ["::1", "fd00:192:168:1::103"]);
  });
});
