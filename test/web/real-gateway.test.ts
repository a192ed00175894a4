/** The dashboard before a gateway that runs: its overview, its events, the flow matrix, an audit, a change and its author. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { loadInventory } from "../../src/inventory/load.ts";
import { compile } from "../../src/policy/compile.ts";
import { matrixSheet } from "../../src/render/documents/matrix-sheet.ts";
import { Dashboard } from "../../src/web/server/dashboard.ts";
import { systemClock } from "../../src/cli/clock.ts";
import { type Running, running } from "../commands/running.ts";
import { type Peer, dial, ending, knock, listen, says, until } from "../support/loopback.ts";
import { type Opened, ask, listenTo, logIn, opened } from "./dashboard.ts";

interface Both extends AsyncDisposable {
  readonly gateway: Running;
  readonly to: Opened;
  readonly cookie: string;
  readonly target: Peer;
}

async function both(edit?: (inventory: string) => string): Promise<Both> {
  const target = await listen((socket) => {
    socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
  });
  const gateway = await running([target], edit === undefined ? {} : { edit });
  const to = await opened({ control: gateway.control });
  return {
    ...{ gateway, to, target, cookie: await logIn(to, "Ada") },
    [Symbol.asyncDispose]: async () => {
      await to[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

function eventsIn(text: string): readonly { readonly event: string; readonly data: Record<string, unknown> }[] {
  return [...text.matchAll(/^event: (\w+)\r?\ndata: (.+)$/gm)].map(([, event = "", data = ""]) => ({
    event,
    data: JSON.parse(data) as Record<string, unknown>,
  }));
}

suite("the dashboard before a gateway", { timeout: 180_000 }, () => {
  test("an overview, and from its place on every event: a session that begins and ends, a refusal, a change", async () => {
    await using at = await both();
    const { gateway, to, cookie } = at;
    const overview = (await ask(to, { path: "/v1/overview", cookie })).json as { events: string; language: string };
    assert.equal(overview.language, "en");
    using page = listenTo(to, { path: `/v1/events?after=${overview.events}`, cookie });
    const heard = (event: string): readonly Record<string, unknown>[] =>
      eventsIn(page.text()).flatMap((each) => (each.event === event ? [each.data] : []));
    const [door] = gateway.site.doors;
    assert.ok(door);
    const session = await dial({ ...door, from: gateway.site.till });
    assert.equal(await says(session, "12345"), "12345");
    await until(() => heard("began").length === 1, "that it began");
    assert.deepEqual([heard("began")[0]?.["flow"], heard("began")[0]?.["source"]], ["flow/door1", gateway.site.till]);
    await knock({ ...door, from: gateway.site.stranger });
    await until(() => heard("refused").length === 1, "the refusal");
    assert.equal(heard("refused")[0]?.["source"], gateway.site.stranger);
    session.end();
    await ending(session);
    await until(() => heard("ended").length === 1, "that it ended");
    assert.equal(heard("ended")[0]?.["bytesToTarget"], 5);
    const body = { select: "flow/door1", to: "draining", reason: "exchanged", author: "root" };
    assert.equal((await ask(to, { method: "POST", path: "/v1/operate", cookie, body })).status, 200);
    await until(() => heard("changed").length === 1, "the change");
    assert.equal(heard("changed")[0]?.["by"], "Ada (dashboard)");
    assert.ok(gateway.told.some((event) => event.event === "changed" && event.by === "Ada (dashboard)"));
    assert.deepEqual(heard("lost"), []);
  });

  test("the gateway stops: pages are told, and asked for anything it is a 502", async () => {
    await using at = await both();
    const { gateway, to, cookie } = at;
    using page = listenTo(to, { path: "/v1/events", cookie });
    await until(() => page.text().includes("retry: "), "a page that listens");
    await gateway.stop();
    await until(() => eventsIn(page.text()).some(({ data }) => data["state"] === "gone"), "that it is gone");
    assert.equal((await ask(to, { path: "/v1/overview", cookie })).status, 502);
  });

  test("the flow matrix: the document's own rows, with the grants of the hour", async () => {
    await using at = await both();
    const { gateway, to, cookie } = at;
    const { inventory } = loadInventory(gateway.file);
    assert.ok(inventory);
    const subject = { inventory, policy: compile(inventory), at: Date.now(), date: "", version: "", file: "" };
    for (const language of ["fr", "en"] as const) {
      const { json, status } = await ask(to, { path: `/matrix.json?language=${language}`, cookie });
      assert.equal(status, 200);
      assert.deepEqual(json, matrixSheet(subject, language));
    }
    const body = { source: "192.0.2.44", select: "flow/door1", for: 3_600_000, reason: "Ticket 4711" };
    assert.equal((await ask(to, { method: "POST", path: "/v1/grants", cookie, body })).status, 200);
    const { json } = await ask(to, { path: "/matrix.json?language=en", cookie });
    const { rows, columns } = json as ReturnType<typeof matrixSheet>;
    assert.deepEqual(columns[0], { key: "flow", title: "Flow" });
    assert.equal(rows.length, 2);
    assert.ok(rows.some((row) => row["addresses"] === "192.0.2.44" && row["reason"] === "Ticket 4711" && row["until"]));
    assert.equal((await ask(to, { path: "/matrix.json?language=de", cookie })).status, 400);
    assert.equal((await ask(to, { path: "/matrix.json", cookie })).status, 400);
    assert.deepEqual((await ask(to, { path: "/me", cookie })).json, { name: "Ada", language: "en" });
  });

  test("an audit: nothing until somebody asks, then what ecluse audit says, and the same again", async () => {
    await using at = await both();
    const { gateway, to, cookie } = at;
    assert.equal((await ask(to, { path: "/audit.json", cookie })).json, null);
    const [one, two] = await Promise.all(
      [1, 2].map(() => ask(to, { method: "POST", path: "/audit", cookie, body: {} })),
    );
    assert.equal(one?.status, 200);
    assert.equal(one.body, two?.body, "whoever asks meanwhile gets the same");
    const { hosts, findings } = one.json as { hosts: { host: string }[]; findings: { code: string }[] };
    assert.deepEqual(
      hosts.map(({ host }) => host),
      ["gateway"],
    );
    assert.equal((await ask(to, { path: "/audit.json", cookie })).body, one.body);
    const said = (await gateway.json("audit")) as { findings: { code: string }[] };
    assert.deepEqual(codes(findings), codes(said.findings));
  });

  test("every route that a page may ask is one of the gateway's", async () => {
    await using at = await both();
    const { to, cookie } = at;
    for (const path of [
      ...["/v1/overview", "/v1/flow?select=flow/door1", "/v1/status", "/v1/sessions", "/v1/health", "/v1/history"],
      ...["/v1/plan", "/v1/grants", "/v1/journal", "/v1/refusals", "/v1/usage", "/v1/changes"],
      `/v1/activity?from=${Date.now() - 3_600_000}&to=${Date.now()}&step=60000`,
    ]) {
      assert.equal((await ask(to, { path, cookie })).status, 200, path);
    }
  });
});

/** Other programs of this host come and go: only which kinds of findings there are. */
function codes(findings: readonly { readonly code: string }[]): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

test("a second dashboard at the same place is an error", async () => {
  await using to = await opened();
  const listen = { host: "127.0.0.1", port: to.port };
  const { control, state } = to;
  await assert.rejects(Dashboard.start({ listen, control, state, clock: systemClock, failed: () => undefined }), {
    code: "cannot-listen",
  });
});
