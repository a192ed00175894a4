/** `gateway.metrics`: the port follows the inventory in force, and says nothing to who should not ask. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ROUTES } from "../../src/control/routes.ts";
import { METRICS } from "../../src/observe/metrics.ts";
import { OPENMETRICS } from "../../src/observe/openmetrics.ts";
import { type Running, running } from "../commands/running.ts";
import { place } from "../serve/serving.ts";
import {
  type Place,
  dial,
  ending,
  freePort,
  isListening,
  knock,
  listen,
  loopbackAddress,
  until,
} from "../support/loopback.ts";
import { askMetrics, valueOf } from "./page.ts";

async function unused(): Promise<Place> {
  const host = loopbackAddress();
  return { host, port: await freePort(host) };
}

function withMetrics(at: Place, more = ""): (inventory: string) => string {
  return (text) => text.replace("gateway: {", `gateway: { metrics: { listen: ${place(at)}${more} },`);
}

async function eventuallyValue(at: Place, sample: string, value: number): Promise<void> {
  let last: number | undefined;
  const deadline = performance.now() + 30_000;
  while (last !== value && performance.now() < deadline) last = valueOf((await askMetrics(at)).text, sample);
  assert.equal(last, value, sample);
}

suite("the port of metrics", { timeout: 180_000 }, () => {
  test("tells what happens: sessions, refusals, states", async () => {
    const at = await unused();
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target], { edit: withMetrics(at) });
    const [door] = gateway.site.doors;
    assert.ok(door);
    const { status, type, text } = await askMetrics(at);
    assert.deepEqual([status, type], [200, OPENMETRICS]);
    assert.equal(valueOf(text, 'ecluse_flow_state{flow="flow/door1",state="open"}'), 1);
    const inside = await dial({ ...door, from: gateway.site.till });
    await eventuallyValue(at, 'ecluse_flow_sessions{flow="flow/door1"}', 1);
    inside.end("hello");
    await ending(inside);
    await knock({ ...door, from: gateway.site.stranger });
    await eventuallyValue(at, 'ecluse_refusals_total{outcome="denied",reason="not-listed"}', 1);
    await eventuallyValue(at, 'ecluse_sessions_ended_total{outcome="closed"}', 1);
    const page = (await askMetrics(at)).text;
    assert.equal(valueOf(page, 'ecluse_flow_sessions_ended_total{flow="flow/door1"}'), 1);
    assert.equal(valueOf(page, 'ecluse_relayed_bytes_total{direction="to_target"}'), 5);
    assert.equal(valueOf(page, "ecluse_dial_duration_seconds_count"), 1);
    assert.equal(valueOf(page, "ecluse_session_duration_seconds_count"), 1);
    assert.equal(valueOf(page, 'ecluse_doors{state="open"}'), 1);
  });

  test("has every metric of the table, and the control socket has the same", async () => {
    const at = await unused();
    await using target = await listen(() => undefined);
    await using gateway = await running([target], { edit: withMetrics(at) });
    const printed = (await gateway.ecluse("metrics")).out;
    for (const page of [(await askMetrics(at)).text, printed]) {
      const families = [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
      const described = METRICS.map(({ name, type }) => `${name.replace(/_(total|info)$/, "")} ${type}`);
      assert.deepEqual(families, described);
      const [open, limit] = ["open", "limit"].map((which) => valueOf(page, `ecluse_descriptors_${which}`) ?? 0);
      assert.ok(open !== undefined && limit !== undefined && open > 10 && open < limit, `${open} of ${limit}`);
      assert.ok((valueOf(page, "ecluse_resident_memory_bytes") ?? 0) > 10_000_000);
      assert.ok(page.endsWith("# EOF\n"));
    }
    assert.equal(ROUTES.metrics.text, OPENMETRICS);
  });

  test("opens, moves and closes as inventories are applied; counters count on", async () => {
    const [first, second] = [await unused(), await unused()];
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target]);
    const [door] = gateway.site.doors;
    assert.ok(door);
    const client = await dial({ ...door, from: gateway.site.till });
    client.end();
    await ending(client);
    const apply = async (edit: (inventory: string) => string): Promise<void> => {
      gateway.write(edit);
      await gateway.ecluse("apply");
    };
    await apply(withMetrics(first));
    await until(() => isListening(first), "it listens");
    await eventuallyValue(first, 'ecluse_sessions_ended_total{outcome="closed"}', 1);
    await apply(withMetrics(second));
    await until(() => isListening(second), "it listens elsewhere");
    assert.equal(isListening(first), false);
    assert.equal(valueOf((await askMetrics(second)).text, 'ecluse_sessions_ended_total{outcome="closed"}'), 1);
    await apply(withMetrics(second, ", enabled: false"));
    assert.equal(isListening(second), false);
  });

  test("taken by another program: told, tried again, and nothing else stops for it", async () => {
    const other = await listen(() => undefined);
    const at = { host: other.host, port: other.port };
    await using target = await listen(() => undefined);
    await using gateway = await running([target], { edit: withMetrics(at) });
    await told(gateway, "metrics-blocked", /^Cannot listen on \S+: address already in use/);
    const [door] = gateway.site.doors;
    assert.ok(door);
    assert.ok(isListening(door));
    await other[Symbol.asyncDispose]();
    await told(gateway, "metrics-open", /^Listening on \S+ now$/);
    assert.equal((await askMetrics(at)).status, 200);
  });

  test("asked by a name, for something else, or to do something: refused", async () => {
    const at = await unused();
    await using target = await listen(() => undefined);
    await using _gateway = await running([target], { edit: withMetrics(at) });
    const statuses = async (asking: Parameters<typeof askMetrics>[1]): Promise<number> =>
      (await askMetrics(at, asking)).status;
    assert.equal(await statuses({ host: "rebound.example.org" }), 421);
    assert.equal(await statuses({ host: "rebound.example.org:9464" }), 421);
    assert.equal(await statuses({ host: `localhost:${at.port}` }), 200);
    assert.equal(await statuses({ host: "198.51.100.10:9464" }), 200);
    assert.equal(await statuses({ path: "/" }), 404);
    assert.equal(await statuses({ path: "/v1/status" }), 404);
    assert.equal(await statuses({ method: "POST" }), 405);
  });
});

async function told(gateway: Running, event: string, message: RegExp): Promise<void> {
  const found = () => gateway.told.find((each) => each.event === event);
  await until(() => found() !== undefined, event);
  const heard = found();
  assert.ok(heard !== undefined && "message" in heard);
  assert.match(heard.message, message);
}
