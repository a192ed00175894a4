/** One subscription to the gateway, handed to every page; what is missed, resumed, lost and cut. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import type { Clock } from "../../src/engine/engine.ts";
import { EventRing, splitEvents } from "../../src/web/server/event-ring.ts";
import { parseEventId } from "../../src/web/server/event-id.ts";
import { until } from "../support/loopback.ts";
import { type Listening, type Opened, ask, listenTo, logIn, opened } from "./dashboard.ts";
import { type FakeGateway, eventText, fakeGateway } from "./fake-gateway.ts";

/** The numbers of the events that a page has heard, and in capitals what it heard besides. */
function heardBy(page: Listening): readonly string[] {
  return splitEvents(page.text()).events.flatMap(({ text }) => {
    const [, event] = /^event: (.+)$/m.exec(text) ?? [];
    const [, number] = /^id: .*-(\d+)$/m.exec(text) ?? [];
    const [, state] = /"state":"(\w+)"/.exec(text) ?? [];
    return event === undefined ? [] : [event === "lost" ? "LOST" : (number ?? (state ?? event).toUpperCase())];
  });
}

async function page(to: Opened, gateway: FakeGateway, query = "", headers = {}): Promise<Listening> {
  const cookie = await logIn(to);
  const listening = listenTo(to, { path: `/v1/events${query}`, cookie, headers });
  await until(() => listening.text().includes("retry: 1000\n") && gateway.listeners.size === 1, "a page that listens");
  return listening;
}

/** Its beats come when a test calls them. */
function clockOf(beats: (() => void)[]): Clock {
  return {
    monotonic: () => performance.now(),
    wall: () => Date.now(),
    every: (_period, callback) => {
      beats.push(callback);
      return () => undefined;
    },
  };
}

suite("GET /v1/events", { timeout: 180_000 }, () => {
  test("three pages hear each event once, and the gateway has one listener", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using one = await page(to, gateway);
    using two = await page(to, gateway);
    using three = await page(to, gateway);
    for (let number = 1; number <= 3; number += 1) gateway.tell(number);
    for (const each of [one, two, three]) {
      await until(() => heardBy(each).length >= 3, "three events");
      assert.deepEqual(heardBy(each), ["1", "2", "3"]);
    }
    assert.equal(gateway.listeners.size, 1);
    assert.deepEqual(gateway.subscriptions, [""]);
  });

  test("an event goes to a page as it came", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using one = await page(to, gateway);
    gateway.tell(7);
    await until(() => heardBy(one).length === 1, "the event");
    assert.ok(one.text().endsWith(eventText(7)));
  });

  test("the first page's place is where the subscription begins", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using _ = await page(to, gateway, "?after=e-41");
    assert.deepEqual(gateway.subscriptions, ["?after=e-41"]);
  });

  test("a page that was away gets what it missed, by the browser's own memory", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using one = await page(to, gateway, "?after=e-0");
    for (let number = 1; number <= 5; number += 1) gateway.tell(number);
    await until(() => heardBy(one).length === 5, "five events");
    using back = await page(to, gateway, "?after=e-0", { "last-event-id": "e-3" });
    await until(() => heardBy(back).length === 2, "two that it missed");
    assert.deepEqual(heardBy(back), ["4", "5"]);
    assert.deepEqual(gateway.subscriptions, ["?after=e-0"]);
  });

  test("a page whose overview is ahead of the stream hears nothing twice", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using one = await page(to, gateway, "?after=e-0");
    gateway.tell(1);
    await until(() => heardBy(one).length === 1, "the first event");
    using ahead = await page(to, gateway, "?after=e-3");
    for (let number = 2; number <= 5; number += 1) gateway.tell(number);
    await until(() => heardBy(one).length === 5 && heardBy(ahead).length >= 2, "the rest");
    assert.deepEqual(heardBy(ahead), ["4", "5"]);
  });

  for (const after of ["e-4", "other-9", "nonsense"]) {
    test(`after ${after}, of which nothing is known: lost, and what happens from now on`, async () => {
      await using to = await opened();
      await using gateway = await fakeGateway(to.control);
      using one = await page(to, gateway, "?after=e-9");
      gateway.tell(10);
      await until(() => heardBy(one).length === 1, "the first event");
      using late = await page(to, gateway, `?after=${after}`);
      gateway.tell(11);
      await until(() => heardBy(late).length >= 2, "lost, and one event");
      assert.deepEqual(heardBy(late), ["LOST", "11"]);
    });
  }

  test("the gateway goes and comes back: pages are told, and it is asked for what was missed", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using one = await page(to, gateway);
    gateway.tell(1);
    await until(() => heardBy(one).length === 1, "the first event");
    gateway.hangUp();
    await until(() => heardBy(one).includes("BACK"), "that it is back");
    gateway.tell(2);
    await until(() => heardBy(one).includes("2"), "the second event");
    assert.deepEqual(heardBy(one), ["1", "GONE", "BACK", "2"]);
    assert.deepEqual(gateway.subscriptions, ["", "?after=e-1"]);
  });

  test("no gateway at first: a page opens, is told, and hears of it when there is one", async () => {
    await using to = await opened();
    const cookie = await logIn(to);
    using one = listenTo(to, { cookie });
    await until(() => heardBy(one).includes("GONE"), "that there is none");
    using two = listenTo(to, { cookie });
    await until(() => heardBy(two).includes("GONE"), "the same, though nothing has changed");
    await using gateway = await fakeGateway(to.control);
    await until(() => heardBy(one).includes("BACK") && heardBy(two).includes("BACK"), "that there is one");
    gateway.tell(1);
    await until(() => heardBy(two).includes("1"), "its event");
    assert.deepEqual(heardBy(one).slice(0, 2), ["GONE", "BACK"]);
  });

  test("another process of the gateway: its own lost is passed on, and its events are known by its name", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using one = await page(to, gateway, "?after=e-0");
    gateway.tell(1);
    gateway.tell(50, "lost", "f");
    gateway.tell(51, "began", "f");
    await until(() => heardBy(one).length === 3, "all three");
    using back = await page(to, gateway, "?after=f-50");
    await until(() => heardBy(back).length === 1, "what followed");
    assert.deepEqual(heardBy(back), ["51"]);
    using old = await page(to, gateway, "?after=e-1");
    await until(() => heardBy(old).length === 1, "the word that it is lost");
    assert.deepEqual(heardBy(old), ["LOST"]);
  });

  test("a page that does not read is cut, and the others go on", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    using good = await page(to, gateway);
    using stuck = await page(to, gateway);
    stuck.socket.pause();
    const long = `data: ${"x".repeat(100_000)}\n\n`;
    const isCut = (): boolean => splitEvents(good.text()).events.length > 130;
    // 13 MB: what the system takes for it and what may wait for it is less.
    await until(() => {
      for (const listener of gateway.listeners) listener.write(long);
      return isCut();
    }, "13 MB that the other page reads");
    const closed = new Promise((resolve) => stuck.socket.once("close", resolve));
    stuck.socket.resume();
    await closed;
    gateway.tell(1);
    await until(() => good.text().endsWith(eventText(1)), "the page that reads");
  });

  test("32 pages at most; the next is told so", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    const cookie = await logIn(to);
    using pages = new DisposableStack();
    const all = Array.from({ length: 32 }, () => pages.use(listenTo(to, { cookie })));
    await until(() => all.every((each) => each.text().includes("retry: 1000\n")), "32 pages");
    const reply = await ask(to, { path: "/v1/events", cookie });
    assert.equal(reply.status, 503);
    assert.equal((reply.json as { code: string }).code, "too-many");
    assert.equal(gateway.listeners.size, 1);
  });

  test("whoever has logged out hears nothing from the next sign of life on", async () => {
    const beats: (() => void)[] = [];
    await using to = await opened({ clock: clockOf(beats) });
    await using gateway = await fakeGateway(to.control);
    const [stays, goes] = [await logIn(to), await logIn(to)];
    using one = listenTo(to, { cookie: stays });
    using two = listenTo(to, { cookie: goes });
    await until(() => two.text().includes("retry: 1000\n") && gateway.listeners.size === 1, "two pages");
    await ask(to, { method: "POST", path: "/logout", cookie: goes, body: {} });
    let isEnded = false;
    two.socket.once("end", () => (isEnded = true));
    beats[0]?.();
    await until(() => one.text().includes(": alive") && isEnded, "a sign of life, and an end");
  });

  test("a page that had logged out and does not read is told nothing more, and harms nobody", async () => {
    const beats: (() => void)[] = [];
    await using to = await opened({ clock: clockOf(beats) });
    await using gateway = await fakeGateway(to.control);
    const [stays, goes] = [await logIn(to), await logIn(to)];
    using one = listenTo(to, { cookie: stays });
    using two = listenTo(to, { cookie: goes });
    await until(() => two.text().includes("retry: 1000\n") && gateway.listeners.size === 1, "two pages");
    two.socket.pause();
    // More than the system takes for it, less than may wait for it.
    for (const listener of gateway.listeners) listener.write(`data: ${"x".repeat(3_900_000)}\n\n`.repeat(2));
    await until(() => one.text().length > 7_000_000, "what the other does not read");
    await ask(to, { method: "POST", path: "/logout", cookie: goes, body: {} });
    beats[0]?.();
    await until(() => one.text().includes(": alive"), "a sign of life");
    gateway.tell(1);
    await until(() => one.text().endsWith(eventText(1)), "the page that stays");
  });

  test("pages that leave while their login is looked for count as none", async () => {
    await using to = await opened();
    await using gateway = await fakeGateway(to.control);
    const cookie = await logIn(to);
    for (let count = 0; count < 200; count += 1) {
      using hasty = listenTo(to, { cookie });
      await once(hasty.socket, "connect");
    }
    using stays = listenTo(to, { cookie });
    await until(() => stays.text().includes("retry: 1000\n"), "a page that listens");
    assert.ok(gateway.listeners.size <= 1);
  });
});

suite("EventRing", () => {
  const event = (number: number, text = "x"): Parameters<EventRing["add"]>[0] => ({ id: { epoch: "e", number }, text });
  const numbers = (ring: EventRing, after: number): readonly unknown[] | undefined =>
    ring.after({ epoch: "e", number: after })?.map(({ id }) => id?.number);

  test("knows what followed, from where it began", () => {
    const ring = new EventRing();
    assert.equal(numbers(ring, 0), undefined);
    ring.reset({ epoch: "e", number: 5 });
    assert.deepEqual(numbers(ring, 5), []);
    for (const number of [6, 7, 8]) ring.add(event(number));
    assert.deepEqual(numbers(ring, 5), [6, 7, 8]);
    assert.deepEqual(numbers(ring, 7), [8]);
    assert.deepEqual(numbers(ring, 9), []);
    assert.equal(numbers(ring, 4), undefined);
    assert.deepEqual(ring.last, { epoch: "e", number: 8 });
  });

  test("is bounded in number and in size, and forgets the oldest", () => {
    const many = new EventRing();
    for (let number = 1; number <= 20_000; number += 1) many.add(event(number));
    const kept = numbers(many, 19_000);
    assert.equal(kept?.length, 1_000);
    assert.equal(numbers(many, 10_000), undefined);
    const large = new EventRing();
    for (let number = 1; number <= 100; number += 1) large.add(event(number, "x".repeat(100_000)));
    assert.equal(numbers(large, 50), undefined);
    assert.deepEqual(numbers(large, 99), [100]);
  });

  test("begins anew with another process", () => {
    const ring = new EventRing();
    ring.add(event(8));
    ring.add({ id: { epoch: "f", number: 3 }, text: "x" });
    assert.equal(numbers(ring, 8), undefined);
    assert.deepEqual(ring.after({ epoch: "f", number: 2 })?.length, 1);
  });
});

test("parseEventId reads an epoch and a number, and nothing else", () => {
  assert.deepEqual(parseEventId("1f-a-7"), { epoch: "1f-a", number: 7 });
  for (const text of [undefined, "", "7", "-7", "e-", "e-7x", "e-1234567890123456"])
    assert.equal(parseEventId(text), undefined);
});

test("splitEvents keeps what has not ended", () => {
  const { events, rest } = splitEvents(`: here\n\n${eventText(1)}id: e-2\nevent: be`);
  assert.deepEqual(
    events.map(({ id }) => id?.number),
    [undefined, 1],
  );
  assert.equal(rest, "id: e-2\nevent: be");
});
