/** Who may ask the dashboard anything: its own name, its own pages, its own paths. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Opened, type Reply, type Sent, ask, logIn, opened, raw } from "./dashboard.ts";
import { type FakeGateway, fakeGateway } from "./fake-gateway.ts";

const STRICT = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
};

function assertStrict({ headers }: Reply): void {
  for (const [name, value] of Object.entries(STRICT)) assert.equal(headers.get(name), value, name);
  assert.match(headers.get("cache-control") ?? "", /^no-(store|cache)$/);
}

function codeOf({ json }: Reply): unknown {
  return (json as Readonly<Record<string, unknown>> | undefined)?.["code"];
}

/** But for the inventory, which is asked for at each login. */
function asked({ heard }: FakeGateway): readonly unknown[] {
  return heard.filter(({ url }) => url !== "/v1/inventory");
}

suite("Host", () => {
  const foreign: readonly (readonly [name: string, host: (to: Opened) => string])[] = [
    ["another site's name with our port", ({ port }) => `evil.example:${port}`],
    ["a name that begins with ours", ({ port }) => `localhost.evil.example:${port}`],
    ["our address with another port", ({ port }) => `127.0.0.1:${port + 1}`],
    ["our address without the port", () => "127.0.0.1"],
    ["another address of loopback", ({ port }) => `127.0.0.2:${port}`],
    ["an IPv6 address", ({ port }) => `[::1]:${port}`],
    ["a name with a dot behind it", ({ port }) => `localhost.:${port}`],
    ["a user before it", ({ port }) => `a@127.0.0.1:${port}`],
    ["nothing", () => ""],
  ];
  for (const [name, host] of foreign) {
    test(`${name}: refused, on a page as on data`, async () => {
      await using to = await opened();
      for (const path of ["/", "/page/main.ts", "/v1/status", "/nowhere"]) {
        const reply = await ask(to, { path, host: host(to) });
        assert.equal(reply.status, 421, path);
        assert.equal(codeOf(reply), "foreign-host");
        assertStrict(reply);
      }
    });
  }

  test("missing, or given twice: refused", async () => {
    await using to = await opened();
    const twice = `GET / HTTP/1.1\r\nhost: ${to.host}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`;
    assert.equal((await raw(to, twice)).status, 421);
    assert.equal((await raw(to, "GET / HTTP/1.0\r\n\r\n")).status, 421);
    assert.equal((await raw(to, "GET / HTTP/1.1\r\nconnection: close\r\n\r\n")).status, 400);
  });

  test("our address, 127.0.0.1 and localhost: answered", async () => {
    await using to = await opened();
    for (const host of [to.host, `localhost:${to.port}`, `127.0.0.1:${to.port}`]) {
      assert.equal((await ask(to, { host })).status, 200, host);
    }
  });
});

suite("Origin and Sec-Fetch-Site", () => {
  const foreign: readonly (readonly [string, (to: Opened) => Partial<Sent>])[] = [
    ["another site", () => ({ origin: "https://evil.example" })],
    ["another program on loopback", ({ port }) => ({ origin: `http://127.0.0.1:${port + 1}` })],
    ["our other name", ({ port }) => ({ origin: `http://localhost:${port}` })],
    ["a sandboxed frame", () => ({ origin: "null" })],
    ["a browser that says cross-site", () => ({ headers: { "sec-fetch-site": "cross-site" } })],
    ["a browser that says same-site: another port", () => ({ headers: { "sec-fetch-site": "same-site" } })],
  ];
  for (const [name, sent] of foreign) {
    test(`${name}: nothing is asked of the gateway`, async () => {
      await using to = await opened();
      await using gateway = await fakeGateway(to.control);
      const cookie = await logIn(to);
      for (const path of ["/v1/status", "/v1/events", "/me", "/matrix.json?language=en", "/audit.json"]) {
        const reply = await ask(to, { path, cookie, ...sent(to) });
        assert.equal(reply.status, 403, path);
        assert.equal(codeOf(reply), "foreign-origin");
        assertStrict(reply);
      }
      for (const path of ["/v1/apply", "/v1/probe", "/login", "/logout", "/audit"]) {
        const reply = await ask(to, { method: "POST", path, cookie, body: {}, ...sent(to) });
        assert.equal(reply.status, 403, path);
      }
      assert.deepEqual(asked(gateway), []);
      assert.deepEqual(gateway.subscriptions, []);
    });
  }

  test("a POST that does not say where it comes from: refused", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    const reply = await ask(to, { method: "POST", path: "/v1/apply", cookie, body: {}, origin: undefined });
    assert.equal(reply.status, 403);
  });

  test("a link on another site may open a page: there is no data in it", async () => {
    await using to = await opened();
    const reply = await ask(to, { path: "/depot/22", headers: { "sec-fetch-site": "cross-site" } });
    assert.equal(reply.status, 200);
    assert.match(reply.body, /^<!doctype html>/);
  });
});

suite("paths", () => {
  for (const path of [
    "/page/../../package.json",
    "/page/../index.html",
    "/page/%2e%2e/%2e%2e/package.json",
    "/page/..%2f..%2fpackage.json",
    "/page//main.ts",
    "/page/./main.ts",
    "/page/parts/word.test.ts",
    "/page/main.ts%00",
    "/page/main.ts/",
    "/PAGE/main.ts",
    "/page/",
    "/lib/../page/main.ts",
    "/lib/preact",
    "//evil.example/",
    "/depot/22/",
    "/depot/../",
    "/depot/1000",
    "/terminal/",
    "/terminal/a/b",
    "/v1",
    "/v1/take-over",
    "/v1/metrics",
    "/v1/verify",
    "/v1/openapi.json",
    "/v1/../v1/status",
    "/v1/status/",
    "http://evil.example/",
    "http://127.0.0.1/page/main.ts",
    "*",
    "/__proto__",
    "/constructor",
  ]) {
    test(`${path}: there is no such page`, async () => {
      await using to = await opened();
      const cookie = await logIn(to);
      const reply = await ask(to, { path, cookie });
      assert.equal(reply.status, 404);
      assert.equal(codeOf(reply), "not-found");
      assertStrict(reply);
    });
  }

  for (const path of ["/page/main.ts\0", "/page/main\u0001.ts", "/a b"]) {
    test(`${JSON.stringify(path)}: no request at all`, async () => {
      await using to = await opened();
      const reply = await ask(to, { path });
      assert.equal(reply.status, 400);
      assertStrict(reply);
    });
  }

  for (const path of [
    "/",
    "/?a=b",
    "/depot/22",
    "/terminal/depot22-tpe01",
    "/terminal/flow%2Fopi-callback",
    "/refusals",
    "/changes",
    "/matrix",
    "/audit",
  ]) {
    test(`${path}: the shell of every page`, async () => {
      await using to = await opened();
      const reply = await ask(to, { path });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get("content-type"), "text/html; charset=utf-8");
      assert.match(reply.body, /A page for tests/);
      assertStrict(reply);
    });
  }
});

suite("methods", () => {
  for (const [method, path] of [
    ["POST", "/"],
    ["PUT", "/"],
    ["DELETE", "/v1/grants"],
    ["GET", "/v1/apply"],
    ["GET", "/v1/operate"],
    ["GET", "/v1/revoke"],
    ["GET", "/v1/probe"],
    ["GET", "/login"],
    ["GET", "/logout"],
    ["GET", "/audit.json?run"],
    ["HEAD", "/v1/status"],
    ["POST", "/v1/status"],
    ["POST", "/audit.json"],
    ["OPTIONS", "/v1/apply"],
    ["TRACE", "/"],
    ["PATCH", "/v1/plan"],
  ] as const) {
    const allowed = path === "/audit.json?run";
    test(`${method} ${path}: changes nothing`, async () => {
      await using to = await opened();
      await using gateway = await fakeGateway(to.control);
      const cookie = await logIn(to);
      const reply = await ask(to, { method, path, cookie });
      assert.equal(reply.status, allowed ? 200 : 405);
      assertStrict(reply);
      assert.deepEqual(asked(gateway), []);
      assert.equal(reply.headers.get("access-control-allow-origin"), undefined);
    });
  }

  test("CONNECT, an upgrade, a word that is no method: closed, with the strict headers", async () => {
    await using to = await opened();
    for (const [text, status] of [
      [`CONNECT evil.example:443 HTTP/1.1\r\nhost: ${to.host}\r\n\r\n`, 405],
      [`GET / HTTP/1.1\r\nhost: ${to.host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`, 400],
      [`NONSENSE / HTTP/1.1\r\nhost: ${to.host}\r\n\r\n`, 400],
      [`GET / HTTP/1.1\r\nhost: ${to.host}\r\nexpect: a miracle\r\n\r\n`, 417],
      [`GET / HTTP/1.1\r\nhost: ${to.host}\r\nx: ${"y".repeat(9_000)}\r\n\r\n`, 431],
      ["\0\0\0\0\r\n\r\n", 400],
    ] as const) {
      const reply = await raw(to, text);
      assert.equal(reply.status, status, text.slice(0, 40));
      assertStrict(reply);
    }
  });
});
