/** The server of metrics by itself: how often a page is made, and what is said where none can be. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { MetricsServer, type MetricsServerOptions } from "../../src/observe/metrics-server.ts";
import { manualClock } from "../support/clock.ts";
import { type Place, freePort, ipv4, isListening, loopbackAddress, until } from "../support/loopback.ts";
import { askMetrics } from "./page.ts";

async function serving(page: MetricsServerOptions["page"]) {
  const at: Place = { host: loopbackAddress(), port: 0 };
  const place = { ...at, port: await freePort(at.host) };
  const [clock, failures] = [manualClock(), [] as unknown[]];
  const server = new MetricsServer({
    ...{ listen: { address: ipv4(place.host), port: place.port }, clock, page },
    changed: () => undefined,
    failed: (error) => void failures.push(error),
  });
  await until(() => isListening(place), "it listens");
  return { place, clock, failures, [Symbol.dispose]: () => server.close() };
}

suite("MetricsServer", () => {
  test("makes a page at most once a second, whoever asks", async () => {
    let made = 0;
    using server = await serving(() => Promise.resolve(`${(made += 1)}`));
    const texts = (await Promise.all([1, 2, 3].map(() => askMetrics(server.place)))).map(({ text }) => text);
    assert.deepEqual(texts, ["1", "1", "1"]);
    server.clock.pass(1_000);
    assert.equal((await askMetrics(server.place)).text, "2");
  });

  test("503 while another process may be counting", async () => {
    using server = await serving(() => Promise.resolve(undefined));
    assert.equal((await askMetrics(server.place)).status, 503);
  });

  test("a bug ends neither the server nor the process, and is told", async () => {
    using server = await serving(() => Promise.reject(new TypeError("a bug")));
    assert.equal((await askMetrics(server.place)).status, 500);
    assert.equal((await askMetrics(server.place)).status, 500);
    assert.equal(String(server.failures[0]), "TypeError: a bug");
  });

  test("keeps no connection: whoever takes over the port must not be waited for", async () => {
    using server = await serving(() => Promise.resolve("page"));
    await askMetrics(server.place);
    server[Symbol.dispose]();
    assert.equal(isListening(server.place), false);
    await assert.rejects(askMetrics(server.place), { code: "ECONNREFUSED" });
  });
});
