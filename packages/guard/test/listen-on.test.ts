import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { suite, test } from "node:test";
import { listenOn } from "../src/listen-on.ts";

/** TEST-NET-1 (RFC 5737): an address that no machine has. */
const NOT_HERE = "192.0.2.1";

suite("listenOn", () => {
  const hosts = [undefined, "", "::", "0.0.0.0", "localhost", "::1", "example.org", "127.1", "::ffff:127.0.0.1", "*"];
  for (const host of hosts) {
    test(`refuses ${host ?? "an absent host"}`, async () => {
      const server = createServer();
      await assert.rejects(listenOn(server, { host: host as string, port: 0 }), { name: "GuardError", code: "host" });
      assert.equal(server.listening, false);
    });
  }

  for (const port of [-1, 65_536, 1.5, Number.NaN, "3020" as unknown as number]) {
    test(`refuses port ${port}`, async () => {
      await assert.rejects(listenOn(createServer(), { host: "127.0.0.1", port }), { code: "port" });
    });
  }

  test("listens on exactly the address", async () => {
    const server = createServer();
    const { address, family, port } = await listenOn(server, { host: "127.0.0.77", port: 0 });
    assert.deepEqual([address, family, port > 0], ["127.0.0.77", "IPv4", true]);
    await closed(server);
  });

  test("says so once while the address is not up, then gives up", async () => {
    const lines: string[] = [];
    const server = createServer().on("error", (error) => assert.fail(error));
    const waiting = listenOn(server, {
      host: NOT_HERE,
      port: 3020,
      patience: 30,
      every: 5,
      log: (line) => lines.push(line),
    });
    await assert.rejects(waiting, { code: "address-not-available", message: /^Cannot listen on 192\.0\.2\.1: / });
    assert.deepEqual(lines, ["ecluse guard: waiting for 192.0.2.1 to be an address of this machine"]);
  });

  test("stops waiting when told to", async () => {
    const stop = new AbortController();
    const waiting = listenOn(createServer(), {
      host: NOT_HERE,
      port: 3020,
      signal: stop.signal,
      log: () => stop.abort(),
    });
    await assert.rejects(waiting, { name: "AbortError" });
  });

  test("a port in use is the caller's to know", async () => {
    const first = createServer();
    const { port } = await listenOn(first, { host: "127.0.0.1", port: 0 });
    await assert.rejects(listenOn(createServer(), { host: "127.0.0.1", port }), { code: "EADDRINUSE" });
    await closed(first);
  });
});

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}
