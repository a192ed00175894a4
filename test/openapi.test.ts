/** `docs/openapi.json`: what the code would write, a valid description, and true of what a running gateway answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { suite, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Answered } from "../src/answers/answered.ts";
import { PARTS } from "../src/control/answer-schemas.ts";
import { openapi } from "../src/control/openapi.ts";
import { ROUTES, type Route, type RouteName } from "../src/control/routes.ts";
import { OUTCOMES } from "../src/engine/records.ts";
import { eventually, running } from "./commands/running.ts";
import { dial, ending, knock, listen, until } from "./support/loopback.ts";

const FILE = JSON.parse(readFileSync("docs/openapi.json", "utf8")) as Description;

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly responses: object };
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, object>>;
}

type Given = Readonly<Record<string, string | number>>;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

/** Asks as a program would that knows the description alone. */
function ask(control: string, name: RouteName, given: Given = {}): Promise<Answer> {
  const { method, path }: Route = ROUTES[name];
  const query = new URLSearchParams(
    Object.entries(given).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return new Promise((resolve, reject) => {
    const target = method === "GET" ? `${path}?${query.toString()}` : path;
    const asked = request({ socketPath: control, method, path: target }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const type = response.headers["content-type"] ?? "";
        const body = type.includes("json") ? (JSON.parse(text) as unknown) : text;
        resolve({ status: response.statusCode ?? 0, type, body });
      });
    });
    asked.on("error", reject);
    asked.end(method === "POST" ? JSON.stringify(given) : undefined);
  });
}

/** Events do not end: reads no more than their beginning. */
function beginningOf(control: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: control, path: ROUTES.events.path }, (response) => {
      response.once("data", (chunk: Buffer) => {
        response.destroy();
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, type: headers["content-type"] ?? "", body: chunk.toString() });
      });
    });
    asked.on("error", reject).end();
  });
}

/** Judges by the file, following references within it. Fails with what does not fit. */
function fits(name: RouteName, { status, type, body }: Answer): void {
  const { method, path }: Route = ROUTES[name];
  const operation = FILE.paths[path]?.[method.toLowerCase()];
  assert.equal(operation?.operationId, name);
  const described = operation.responses[String(status)];
  assert.ok(described, `${name} is not said to answer ${status}`);
  const pointer = "$ref" in described ? FILE.components.responses : { Problem: described };
  const { content } = (pointer as Readonly<Record<string, { readonly content: Readonly<Record<string, Media>> }>>)[
    "Problem"
  ] ?? { content: {} };
  const schema = content[type]?.schema;
  assert.ok(schema, `${name} is not said to answer ${status} as ${type}`);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, keywords: ["components"] });
  const judge = ajv.compile({ ...schema, components: FILE.components });
  const shown = JSON.stringify(body, null, 1).slice(0, 2_000);
  assert.ok(judge(body), `${name}: ${ajv.errorsText(judge.errors)}\n${shown}`);
}

interface Media {
  readonly schema: object;
}

suite("docs/openapi.json", { timeout: 180_000 }, () => {
  test("is what the code would write: npm run openapi", () => {
    assert.deepEqual(FILE, JSON.parse(JSON.stringify(openapi())));
  });

  test("has every route, and every part in use", () => {
    const described = Object.entries(FILE.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
    );
    const routes = Object.entries(ROUTES).map(([name, { method, path }]) => `${name} ${method.toLowerCase()} ${path}`);
    assert.deepEqual(described.sort(), routes.sort());
    const text = JSON.stringify(FILE);
    const unused = Object.keys(FILE.components.schemas).filter(
      (name) => !text.includes(`#/components/schemas/${name}"`),
    );
    assert.deepEqual(unused, []);
  });

  test("names every outcome of a session, and no other", () => {
    const ended = PARTS["EndedSession"] as { readonly properties: { readonly outcome: { readonly enum: string[] } } };
    assert.deepEqual(ended.properties.outcome.enum, [...OUTCOMES]);
  });

  test("is what the gateway serves", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    const served = await new Promise<string>((resolve) => {
      request({ socketPath: gateway.control, path: "/v1/openapi.json" }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString())).on("end", () => resolve(text));
      }).end();
    });
    assert.deepEqual(JSON.parse(served), FILE);
  });

  test("describes what a gateway really answers, on every route, and what it answers to mistakes", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target, target]);
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const asked = new Set<RouteName>();
    const right = async (name: RouteName, given: Given = {}): Promise<unknown> => {
      const answer = await ask(control, name, given);
      assert.equal(answer.status, 200, `${name}: ${JSON.stringify(answer.body)}`);
      fits(name, answer);
      asked.add(name);
      return answer.body;
    };
    const author = "ana";
    const ended = await dial({ ...door, from: site.till });
    ended.end("x");
    await ending(ended);
    await knock({ ...door, from: site.stranger });
    const inside = await dial({ ...door, from: site.till });
    inside.on("error", () => undefined);
    await until(() => target.count.open === 1, "a session");
    await right("grant", { author, source: site.stranger, select: "door2", for: 60_000, reason: "a test" });
    await right("operate", { author, select: "door2", to: "draining", reason: "a test" });
    await right("operate", { author, select: "door2", to: "closed" });
    gateway.write((text) => text.replace(/^ {2}door2.*\n/m, "").replace("allow: [till]", "allow: [till, nobody]"));
    await right("plan");
    gateway.write((text) =>
      text
        .replace(/^ {2}door2.*\n/m, "")
        .replace("allow: [till]", "allow: [{ source: till, until: 2099-01-01T00:00:00Z, reason: x }], sessions: 3")
        .replace("limits: { ", "limits: { idle: 200s"),
    );
    await right("plan");
    await right("apply", { author, note: "a test", confirm: 60_000 });
    for (const name of ["status", "metrics", "sessions", "history"] as const) await right(name);
    const { list, aside } = (await right("grants")) as Answered["grants"];
    assert.deepEqual([list.length, aside.length], [1, 1]);
    await right("confirm", { author });
    await right("rollback", { author });
    await eventually(
      () => gateway.ecluse("changes"),
      ({ out }) => out.includes("rolled-back"),
    );
    for (const name of ["changes", "verify", "usage", "inventory", "activity"] as const) await right(name);
    const { attention, inside: open } = (await right("overview")) as Answered["overview"];
    assert.ok(attention.length > 0 && open.length === 1, JSON.stringify({ attention, open }));
    for (const select of ["door1", "door2"]) await right("flow", { select });
    assert.equal(((await right("activity", { select: "door1" })) as Answered["activity"]).sessions.closed?.at(-1), 1);
    asked.add("events");
    fits("events", await beginningOf(control));
    const late = performance.now() + 30_000;
    // They are told a second later.
    while (((await right("refusals")) as readonly unknown[]).length === 0) assert.ok(performance.now() < late);
    const { rows } = (await right("journal")) as Answered["journal"];
    assert.equal(rows.length, 1);
    for (const by of ["source", "flow"])
      assert.equal(((await right("refusals", { by })) as readonly unknown[]).length, 1);
    await right("changes", { limit: 1 });
    await right("revoke", { author, id: "g1" });
    await right("status", { select: "door1" });
    assert.equal(((await right("probe", { select: "door1" })) as Answered["probe"]).outcome, "busy");
    await right("health");
    // A process that takes over takes the gateway away: test/take-over.
    assert.deepEqual([...asked, "takeOver"].sort(), Object.keys(ROUTES).sort());

    for (const [name, given, status] of [
      ["sessions", { select: "door9" }, 404],
      ["sessions", { colour: "red" }, 400],
      ["journal", { outcome: "gone" }, 400],
      ["flow", { select: "*" }, 400],
      ["activity", { from: 2, to: 1 }, 400],
      ["activity", { step: 999 }, 400],
      ["activity", { from: 0, to: 1_000_001, step: 1_000 }, 400],
      ["confirm", {}, 400],
      ["confirm", { author }, 400],
    ] as const) {
      const answer = await ask(control, name, given);
      assert.equal(answer.status, status, name);
      assert.equal(answer.type, "application/problem+json");
      fits(name, answer);
    }
    gateway.write((text) => `${text} {`);
    const refused = await ask(control, "apply", { author });
    assert.equal(refused.status, 409);
    fits("apply", refused);
    inside.destroy();
  });

  test("an answer with something that is not described does not pass", () => {
    const answer = { status: 200, type: "application/json", body: { number: 1 } };
    fits("confirm", answer);
    assert.throws(() => fits("confirm", { ...answer, body: { number: 1, more: 2 } }), /additional properties/);
    assert.throws(() => fits("confirm", { ...answer, body: {} }), /required property/);
    assert.throws(() => fits("confirm", { ...answer, status: 201 }), /is not said to answer 201/);
    assert.throws(() => fits("confirm", { ...answer, type: "text/html" }), /as text\/html/);
  });
});
