/** Who gets in: the token, its file, the cookies made with it, and what a wrong one costs. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { TokenFile } from "../../src/web/server/token.ts";
import { Logins } from "../../src/web/server/logins.ts";
import { WrongTokens } from "../../src/web/server/wrong-tokens.ts";
import { turns } from "../support/loopback.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Opened, type Reply, ask, logIn, opened } from "./dashboard.ts";
import { fakeGateway } from "./fake-gateway.ts";

function login(to: Opened, body: unknown): Promise<Reply> {
  return ask(to, { method: "POST", path: "/login", body });
}

const IMPATIENT = { wait: () => Promise.resolve() };

suite("the token", () => {
  test("is 32 random bytes, its owner's alone, made at the first start and kept", async () => {
    await using to = await opened();
    assert.equal(Buffer.from(to.token(), "base64url").length, 32);
    assert.equal(statSync(join(to.state, "dashboard.token")).mode & 0o777, 0o600);
    const token = to.token();
    await using again = await to.restart();
    assert.equal(again.token(), token);
  });

  test("opens; what comes close does not", async () => {
    await using to = await opened(IMPATIENT);
    const token = to.token();
    const reply = await login(to, { token, name: "Ada" });
    assert.equal(reply.status, 204);
    assert.match(
      reply.headers.get("set-cookie") ?? "",
      new RegExp(`^ecluse-${to.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
    );
    for (const wrong of [`${token} `, token.slice(1), token.toUpperCase(), "", [token], null, 7, { token }]) {
      const refused = await login(to, { token: wrong, name: "Ada" });
      assert.equal(refused.status, 403, JSON.stringify(wrong));
      assert.equal((refused.json as { code: string }).code, "wrong-token");
      assert.equal(refused.headers.has("set-cookie"), false);
    }
  });

  test("a new one ends what was opened with the old one, at once", async () => {
    await using to = await opened(IMPATIENT);
    const [cookie, old] = [await logIn(to), to.token()];
    assert.equal((await ask(to, { path: "/me", cookie })).status, 200);
    await new TokenFile(to.state).replace();
    assert.notEqual(to.token(), old);
    assert.equal((await ask(to, { path: "/me", cookie })).status, 401);
    assert.equal((await login(to, { token: old, name: "Ada" })).status, 403);
    assert.equal((await login(to, { token: to.token(), name: "Ada" })).status, 204);
  });

  test("a file that holds none is given one", async () => {
    using folder = temporaryFolder();
    const file = new TokenFile(folder.path);
    for (const content of ["", "short", "a\nb", "=".repeat(43)]) {
      writeFileSync(file.path, content);
      const token = await file.current();
      assert.match(token, /^[\w-]{43}$/);
      assert.equal(await file.current(), token);
    }
  });

  test("a folder that cannot be had is an error that says what to do", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "taken"), "");
    chmodSync(folder.path, 0o700);
    await assert.rejects(new TokenFile(join(folder.path, "taken")).current(), { code: "cannot-write" });
  });
});

suite("a name", () => {
  test("of any language, up to 40 characters; nothing that would pass for something else", async () => {
    await using to = await opened();
    const token = to.token();
    for (const name of ["Ada", "Élodie Durand", "  o’Neil-2  ", "李", "ada@example.org", "x".repeat(40)]) {
      assert.equal((await login(to, { token, name })).status, 204, name);
    }
    for (const name of [
      "",
      "   ",
      "x".repeat(41),
      "a\nb",
      "root (sudo)",
      "a\u202eb",
      "-rf",
      "<b>",
      7,
      null,
      undefined,
    ]) {
      assert.equal((await login(to, { token, name })).status, 400, String(name));
    }
  });

  test("GET /me says it, and the language as far as it is known", async () => {
    await using to = await opened();
    const cookie = await logIn(to, "Élodie");
    assert.deepEqual((await ask(to, { path: "/me", cookie })).json, { name: "Élodie", language: null });
  });
});

suite("a login", () => {
  test("without one, nothing is answered", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    for (const path of ["/me", "/v1/status", "/v1/events", "/matrix.json?language=en", "/audit.json"]) {
      for (const cookie of [undefined, `ecluse-${to.port}=`, `ecluse-${to.port}=${"a".repeat(43)}`, "ecluse=x"]) {
        const reply = await ask(to, { path, cookie });
        assert.equal(reply.status, 401, path);
        assert.equal((reply.json as { code: string }).code, "not-logged-in");
      }
    }
    for (const path of ["/v1/apply", "/audit", "/logout"]) {
      assert.equal((await ask(to, { method: "POST", path, body: {} })).status, 401, path);
    }
    assert.deepEqual(gateway.heard, []);
  });

  test("ends by logging out; its cookie, sent again, opens nothing, not even after a restart", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    const other = await logIn(to, "Bob");
    const reply = await ask(to, { method: "POST", path: "/logout", cookie, body: {} });
    assert.equal(reply.status, 204);
    assert.match(reply.headers.get("set-cookie") ?? "", /Max-Age=0$/);
    assert.equal((await ask(to, { path: "/me", cookie })).status, 401);
    assert.equal((await ask(to, { path: "/me", cookie: other })).status, 200);
    await using again = await to.restart();
    assert.equal((await ask(again, { path: "/me", cookie })).status, 401);
  });

  test("outlives the process; its file holds neither cookie nor token", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    await using again = await to.restart();
    assert.equal((await ask(again, { path: "/me", cookie })).status, 200);
    const file = join(to.state, "dashboard.logins");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, "utf8");
    assert.equal(text.includes(cookie.split("=")[1] ?? ""), false);
    assert.equal(text.includes(to.token()), false);
    assert.deepEqual(readdirSync(to.state).sort(), ["dashboard.logins", "dashboard.token"]);
  });

  test("a cookie given twice is none", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    assert.equal((await ask(to, { path: "/me", cookie: `${cookie}; ${cookie}` })).status, 401);
    assert.equal((await ask(to, { path: "/me", cookie: `a=b; ${cookie}; c=d` })).status, 200);
  });

  test("ends after twelve idle hours, and lasts as long as it is used", async () => {
    using folder = temporaryFolder();
    const hour = 3_600_000;
    let now = 0;
    const logins = await Logins.open({ folder: folder.path, now: () => now });
    const id = await logins.begin("Ada", "token");
    for (let turn = 0; turn < 3; turn += 1) {
      now += 12 * hour;
      assert.equal(logins.find(id, "token")?.name, "Ada");
    }
    now += 12 * hour + 1;
    assert.equal(logins.find(id, "token"), undefined);
    now -= 12 * hour;
    assert.equal(logins.find(id, "token"), undefined);
  });

  test("64 at most: of more, the one that was idle longest goes", async () => {
    using folder = temporaryFolder();
    const logins = await Logins.open({ folder: folder.path, now: () => 0 });
    const ids: string[] = [];
    for (let count = 0; count < 64; count += 1) ids.push(await logins.begin("Ada", "token"));
    assert.ok(logins.find(ids[0] ?? "", "token"));
    ids.push(await logins.begin("Ada", "token"));
    const gone = ids.flatMap((id, index) => (logins.find(id, "token") === undefined ? [index] : []));
    assert.deepEqual(gone, [1]);
  });

  test("what has ended has ended also for a process that was killed", async () => {
    using folder = temporaryFolder();
    const options = { folder: folder.path, now: () => 0 };
    const logins = await Logins.open(options);
    const [ends, stays] = [await logins.begin("Ada", "token"), await logins.begin("Bob", "token")];
    await logins.end(ends);
    const after = await Logins.open(options);
    assert.equal(after.find(ends, "token"), undefined);
    assert.equal(after.find(stays, "token")?.name, "Bob");
  });

  test("a file of logins that cannot be read: everybody logs in again", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "dashboard.logins"), "{");
    const logins = await Logins.open({ folder: folder.path, now: () => 0 });
    assert.ok(logins.find(await logins.begin("Ada", "token"), "token"));
  });
});

suite("wrong tokens", () => {
  test("each waits twice as long as the one before, up to four seconds; a minute of none and it is forgotten", async () => {
    const waits: number[] = [];
    let now = 0;
    const wrong = new WrongTokens({ now: () => now, wait: (time) => Promise.resolve(waits.push(time)) });
    for (let turn = 0; turn < 7; turn += 1) assert.equal(await wrong.another(), true);
    assert.deepEqual(waits.splice(0), [250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    now += 60_001;
    await wrong.another();
    assert.deepEqual(waits, [250]);
  });

  test("eight may wait, the ninth is answered at once; the right one waits for none of them", async () => {
    const waiting: (() => void)[] = [];
    await using to = await opened({ wait: () => new Promise<void>((resolve) => waiting.push(resolve)) });
    const replies = Array.from({ length: 8 }, () => login(to, { token: "x", name: "Ada" }));
    while (waiting.length < 8) await turns(1);
    const ninth = await login(to, { token: "x", name: "Ada" });
    assert.equal(ninth.status, 429);
    assert.equal((ninth.json as { code: string }).code, "too-many");
    assert.equal((await login(to, { token: to.token(), name: "Ada" })).status, 204);
    for (const release of waiting) release();
    assert.deepEqual(new Set((await Promise.all(replies)).map(({ status }) => status)), new Set([403]));
  });
});
