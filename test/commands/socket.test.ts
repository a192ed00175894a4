/** The control socket itself: what comes over it never harms the gateway. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ending, listen } from "../support/loopback.ts";
import { run, running } from "./running.ts";

/** Writes these bytes to the socket; the answer, up to the end of the connection. */
async function send(control: string, text: string): Promise<string> {
  const socket = connect(control);
  await once(socket, "connect");
  socket.end(text);
  return (await ending(socket)).bytes.toString();
}

suite("the control socket", { timeout: 180_000 }, () => {
  test("is its owner's alone", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    assert.equal(statSync(gateway.control).mode & 0o777, 0o600);
  });

  const requests: readonly (readonly [name: string, request: string, answer: RegExp])[] = [
    ["a target that is no path", "GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 400 /],
    [
      "a body that ends too early",
      'POST /v1/grants HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"a',
      /^(HTTP\/1\.1 400 |$)/,
    ],
    [
      "a body that is no JSON",
      "POST /v1/apply HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{",
      /not JSON/,
    ],
    [
      "a long body",
      `POST /v1/apply HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n${" ".repeat(90_000)}`,
      /too long/,
    ],
    ["no HTTP", "\u0000\u0001\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["a route of Object's", "GET /v1/__proto__ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", /no such route/],
  ];
  for (const [name, request, answer] of requests) {
    test(`${name}: refused, and the gateway answers the next one`, async () => {
      await using target = await listen(() => undefined);
      await using gateway = await running([target]);
      assert.match(await send(gateway.control, request), answer);
      assert.equal((await gateway.ecluse("status")).exit, 0);
    });
  }

  test("a journal that cannot answer is an error of the command, not of the gateway", async () => {
    await using target = await listen(() => undefined);
    // A folder in the place of the file.
    const prepare = (state: string): void => {
      mkdirSync(join(state, "journal.sqlite"), { recursive: true });
      chmodSync(state, 0o700);
    };
    await using gateway = await running([target], { prepare });
    for (const words of [["journal"], ["refusals"], ["usage"], ["changes"], ["journal", "--verify"]]) {
      await assert.rejects(gateway.ecluse(...words), { code: "journal-unavailable" }, words.join(" "));
    }
    const { exit, out } = await gateway.ecluse("status");
    assert.equal(exit, 1);
    assert.match(out, /^journal +failing since /m);
  });

  test("what answers there but is no gateway is told", async () => {
    const control = join(tmpdir(), `ecluse-other-${process.pid}.sock`);
    const server = createServer((_, response) => response.end("<html>")).listen(control);
    await once(server, "listening");
    await assert.rejects(run(["status", "--control", control]), { code: "no-gateway", message: /is no gateway/ });
    server.close();
  });
});
