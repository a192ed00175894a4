/** What the dashboard answers, and what it asks of the gateway for it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { suite, test } from "node:test";
import { boundConnections } from "../../src/web/server/connections.ts";
import { until } from "../support/loopback.ts";
import { type Opened, ask, logIn, opened, raw } from "./dashboard.ts";
import { fakeGateway } from "./fake-gateway.ts";

suite("the page's files", () => {
  test("TypeScript without its types, and packages by their paths", async () => {
    await using to = await opened();
    const script = await ask(to, { path: "/page/main.ts" });
    assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.match(script.body, /from "\/lib\/preact\.js"/);
    assert.match(script.body, /from "\/lib\/preact-hooks\.js"/);
    assert.match(script.body, /from "\.\/parts\/word\.ts"/);
    assert.match(script.body, /useState {8}\(word\)/);
    assert.match((await ask(to, { path: "/page/parts/word.ts" })).body, /^export const word {9}= "shown";/);
  });

  test("the libraries, of which none asks for a package", async () => {
    await using to = await opened();
    for (const path of ["/lib/preact.js", "/lib/preact-hooks.js", "/lib/uplot.js"]) {
      const { status, body, headers } = await ask(to, { path });
      assert.equal(status, 200, path);
      assert.equal(headers.get("content-type"), "text/javascript; charset=utf-8");
      assert.doesNotMatch(body, /\bfrom ?"[a-z]|sourceMappingURL/);
    }
    assert.match((await ask(to, { path: "/lib/preact-hooks.js" })).body, /from"\/lib\/preact\.js"/);
    assert.equal((await ask(to, { path: "/lib/uplot.css" })).headers.get("content-type"), "text/css; charset=utf-8");
  });

  test("styles and the icon", async () => {
    await using to = await opened();
    assert.equal((await ask(to, { path: "/page/style.css" })).headers.get("content-type"), "text/css; charset=utf-8");
    assert.equal((await ask(to, { path: "/favicon.svg" })).headers.get("content-type"), "image/svg+xml");
  });

  test("HEAD answers as GET, without a body", async () => {
    await using to = await opened();
    const [got, head] = [await ask(to), await ask(to, { method: "HEAD" })];
    assert.equal(head.status, 200);
    assert.equal(head.headers.get("content-length"), got.headers.get("content-length"));
    assert.equal(head.body, "");
  });
});

suite("routes of the gateway", () => {
  test("a question goes as it came, and its answer as it is", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control, () => ({ json: { sessions: 3 } }));
    const cookie = await logIn(to);
    const path = "/v1/journal?select=22%2F1&from=0&limit=20";
    const reply = await ask(to, { path, cookie });
    assert.deepEqual(reply.json, { sessions: 3 });
    assert.ok(gateway.heard.some((heard) => heard.method === "GET" && heard.url === path));
  });

  test("a change is written down for whoever is logged in, whatever the page says", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    const cookie = await logIn(to, "Ada");
    const body = { select: "22/1", to: "closed", reason: "exchanged", author: "root" };
    assert.equal((await ask(to, { method: "POST", path: "/v1/operate", cookie, body })).status, 200);
    const heard = gateway.heard.find(({ url }) => url === "/v1/operate");
    assert.deepEqual(JSON.parse(heard?.body ?? ""), { ...body, author: "Ada (dashboard)" });
  });

  test("a probe is no change: nobody signs it", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    const cookie = await logIn(to);
    await ask(to, { method: "POST", path: "/v1/probe", cookie, body: { select: "22/1" } });
    assert.equal(gateway.heard.find(({ url }) => url === "/v1/probe")?.body, '{"select":"22/1"}');
  });

  test("a problem of the gateway is the page's problem", async () => {
    await using to = await opened();
    const problem = { title: "Cannot find that", status: 404, code: "no-such-flow", hint: "look" };
    await using _ = await fakeGateway(to.control, () => ({ status: 404, json: problem }));
    const reply = await ask(to, { path: "/v1/sessions?select=9%2F9", cookie: await logIn(to) });
    assert.equal(reply.status, 404);
    assert.equal(reply.headers.get("content-type"), "application/problem+json");
    assert.deepEqual(reply.json, problem);
    assert.equal(reply.headers.get("x-content-type-options"), "nosniff");
  });

  test("without a gateway: 502, and the page is served all the same", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    for (const path of ["/v1/status", "/matrix.json?language=fr"]) {
      const reply = await ask(to, { path, cookie });
      assert.equal(reply.status, 502, path);
      assert.equal((reply.json as { code: string }).code, "no-gateway");
    }
    assert.equal((await ask(to, { method: "POST", path: "/audit", cookie, body: {} })).status, 502);
    assert.equal((await ask(to)).status, 200);
    assert.deepEqual(to.failed, []);
  });

  test("a gateway that hangs up in the middle of its answer: the page's is cut too", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    const { createServer } = await import("node:net");
    const server = createServer((socket) => {
      socket.once("data", () => {
        socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"half":');
      });
    });
    server.listen(to.control);
    await once(server, "listening");
    const reply = await ask(to, { path: "/v1/status", cookie }).catch((error: unknown) => error);
    assert.ok(reply instanceof SyntaxError, "half a JSON, and a connection that was closed");
    assert.deepEqual(to.failed, []);
    server.close();
  });
});

suite("bodies", () => {
  const cases: readonly (readonly [string, string, Readonly<Record<string, string>>, number])[] = [
    ["a form", "to=closed", { "content-type": "application/x-www-form-urlencoded" }, 400],
    ["text", "{}", { "content-type": "text/plain" }, 400],
    ["no type", "{}", { "content-type": "" }, 400],
    ["a list", "[]", {}, 400],
    ["half a JSON", '{"a":', {}, 400],
    ["null", "null", {}, 400],
    ["more than 64 KiB", JSON.stringify({ a: "x".repeat(70_000) }), {}, 413],
  ];
  for (const [name, body, headers, status] of cases) {
    test(`${name}: refused, and the gateway hears nothing`, async () => {
      await using to = await opened();
      await using gateway = await fakeGateway(to.control);
      const cookie = await logIn(to);
      for (const path of ["/v1/operate", "/login", "/audit"]) {
        assert.equal((await ask(to, { method: "POST", path, cookie, body, headers })).status, status, path);
      }
      assert.equal(
        gateway.heard.some(({ method }) => method === "POST"),
        false,
      );
    });
  }

  test("one that never ends is cut as soon as it is too long", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    const socket = await chunked(to, cookie);
    let isClosed = false;
    socket.once("close", () => (isClosed = true));
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    await until(() => isClosed || !socket.write(chunk), "more than the system takes at once, or its end");
    await until(() => isClosed, "its end");
    assert.deepEqual(to.failed, []);
  });
});

async function chunked(to: Opened, cookie: string): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: to.port });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(
    `POST /v1/operate HTTP/1.1\r\nhost: ${to.host}\r\norigin: http://${to.host}\r\ncookie: ${cookie}\r\n` +
      "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  return socket;
}

suite("connections", () => {
  test("of a thousand that say nothing 256 are kept, and whoever asks is answered", { timeout: 120_000 }, async () => {
    await using to = await opened();
    const [sockets, closed] = [[] as Socket[], { count: 0 }];
    for (let count = 0; count < 1_000; count += 1) {
      const socket = connect({ host: "127.0.0.1", port: to.port });
      socket.on("error", () => undefined).once("close", () => (closed.count += 1));
      socket.write("GET / HTTP/1.1\r\nhost: ");
      sockets.push(socket);
    }
    await until(() => closed.count >= 744, "those beyond 256 are closed");
    assert.equal((await ask(to)).status, 200);
    assert.ok(closed.count <= 745, String(closed.count));
    for (const socket of sockets) socket.destroy();
  });

  test("those that never end what they say are kept no longer than those that say nothing", async () => {
    await using life = new AsyncDisposableStack();
    let heard = 0;
    const server = createServer((request, response) => {
      heard += 1;
      if (request.method === "GET") response.end();
    });
    boundConnections(server, 2);
    await once(server.listen(0, "127.0.0.1"), "listening");
    life.defer(() => server.closeAllConnections());
    life.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    for (let count = 1; count <= 2; count += 1) {
      const socket = connect({ host: "127.0.0.1", port }).on("error", () => undefined);
      socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{");
      await until(() => heard === count, "a request without its end");
    }
    assert.equal((await raw({ port }, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).status, 200);
  });
});
