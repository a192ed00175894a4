/** The server of metrics by itself: how often a page is made, and what is said where none can be. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { MetricsServer, type MetricsServerOptions } from "../../src/observe/metrics-server.ts";
import type { Clock } from "../../src/engine/engine.ts";
import { manualClock } from "../support/clock.ts";
import {
  type Place,
  dial,
  ending,
  freePort,
  ipv4,
  isListening,
  listen,
  loopbackAddress,
  settled,
  turns,
  until,
} from "../support/loopback.ts";
import { askMetrics } from "./page.ts";

async function serving(page: MetricsServerOptions["page"]) {
  const at: Place = { host: loopbackAddress(), port: 0 };
  const place = { ...at, port: await freePort(at.host) };
  const [manual, failures] = [manualClock(), [] as unknown[]];
  let timers = 0;
  const every: Clock["every"] = (period, callback) => {
    timers += 1;
    const stop = manual.every(period, callback);
    return () => {
      timers -= 1;
      stop();
    };
  };
  const clock = { ...manual, every };
  const server = new MetricsServer({
    ...{ listen: { address: ipv4(place.host), port: place.port }, clock, page },
    changed: () => undefined,
    failed: (error) => void failures.push(error),
  });
  await until(() => isListening(place), "it listens");
  return { place, clock, failures, waiting: () => timers, [Symbol.dispose]: () => server.close() };
}

async function* parts(...given: readonly string[]): AsyncGenerator<string> {
  for (const part of given) {
    await turns(1);
    yield part;
  }
}

suite("MetricsServer", () => {
  test("begins a tenth of a second apart, however many ask", async () => {
    let made = 0;
    using server = await serving(() => {
      made += 1;
      return Promise.resolve(parts(`${made}`));
    });
    assert.equal((await askMetrics(server.place)).text, "1");
    const [second, third] = [askMetrics(server.place), askMetrics(server.place)];
    await until(() => server.waiting() === 2, "both wait");
    assert.equal(made, 1);
    server.clock.pass(100);
    await until(() => made === 2, "the second is made");
    assert.equal(server.waiting(), 1);
    server.clock.pass(100);
    assert.deepEqual([(await second).text, (await third).text].sort(), ["2", "3"]);
    server.clock.pass(100);
    assert.equal((await askMetrics(server.place)).text, "4");
  });

  test("whoever leaves before the end has no more made for them, and it is no bug", async () => {
    let last = 0;
    let over = false;
    using server = await serving(() => Promise.resolve(endless()));
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) {
          last += 1;
          yield "x".repeat(65_536);
          await turns(1);
        }
      } finally {
        over = true;
      }
    }
    const socket = await dial(server.place);
    socket.write(`GET /metrics HTTP/1.1\r\nhost: ${server.place.host}\r\n\r\n`);
    await until(() => last > 3, "it is being sent");
    await settled(() => last);
    assert.ok(last < 500, `${last} parts for somebody who takes nothing`);
    socket.destroy();
    await until(() => over, "it has ended");
    assert.deepEqual(server.failures, []);
  });

  test("503 while another process may be counting", async () => {
    using server = await serving(() => Promise.resolve(undefined));
    assert.equal((await askMetrics(server.place)).status, 503);
  });

  test("a bug ends neither the server nor the process, and is told", async () => {
    using server = await serving(() => Promise.reject(new TypeError("a bug")));
    assert.equal((await askMetrics(server.place)).status, 500);
    server.clock.pass(100);
    assert.equal((await askMetrics(server.place)).status, 500);
    assert.equal(String(server.failures[0]), "TypeError: a bug");
  });

  test("keeps no connection: whoever takes over the port must not be waited for", async () => {
    using server = await serving(() => Promise.resolve(parts("page")));
    const socket = await dial(server.place);
    socket.write(`GET /metrics HTTP/1.1\r\nhost: ${server.place.host}\r\n\r\n`);
    const { bytes } = await ending(socket);
    assert.match(bytes.toString(), /^connection: close\r$/im);
    socket.destroy();
    server[Symbol.dispose]();
    assert.equal(isListening(server.place), false);
  });

  test("a port that somebody else has: told once, tried every second, and told when it is had", async () => {
    const other = await listen(() => undefined);
    const [clock, told] = [manualClock(), [] as (string | undefined)[]];
    const server = new MetricsServer({
      ...{ listen: other.endpoint, clock, page: () => Promise.resolve(undefined), failed: () => undefined },
      changed: (cause) => void told.push(cause),
    });
    await until(() => told.length === 1, "it is told");
    for (const _second of [1, 2, 3]) {
      clock.pass(1_000);
      await turns(10);
    }
    await other[Symbol.asyncDispose]();
    clock.pass(1_000);
    await until(() => told.length > 1, "it is told again");
    assert.deepEqual(told, ["EADDRINUSE", undefined]);
    assert.ok(isListening(other));
    server.close();
  });
});
