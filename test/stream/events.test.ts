/** What happens at a running gateway, followed on its control socket: in order, once, and at nobody's cost. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Answered } from "../../src/answers/answered.ts";
import { systemClock } from "../../src/cli/clock.ts";
import { call } from "../../src/control/client.ts";
import type { Clock } from "../../src/engine/engine.ts";
import { type Running, running } from "../commands/running.ts";
import { type Place, dial, ending, knock, listen, says, until } from "../support/loopback.ts";
import { NO_PROBES, following, heard } from "./following.ts";

async function overview({ control }: Running, select?: string): Promise<Answered["overview"]> {
  return (await call(control, "overview", { select })) as Answered["overview"];
}

async function visit(door: Place, from: string): Promise<void> {
  const client = await dial({ ...door, from });
  client.end("x");
  await ending(client);
}

const AUTHOR = "ana";

suite("the event stream", { timeout: 180_000 }, () => {
  test("tells sessions, refusals, changes and health, in order and once, after an overview", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target, target], { clock: NO_PROBES });
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    await visit(door, site.till);
    await until(() => target.count.open === 0, "it is over");
    const before = await overview(gateway);
    assert.equal(before.recent.length, 1);
    await using followed = following(control, before.events);
    const client = await dial({ ...door, from: site.till });
    assert.equal(await says(client, "12345"), "12345");
    const { inside, others } = await overview(gateway);
    assert.deepEqual(
      others.map(({ flow, state, sessions }) => [flow, state, sessions]),
      [
        ["flow/door1", "in-session", 1],
        ["flow/door2", "unheard", 0],
      ],
    );
    client.end();
    await ending(client);
    await heard(followed, 1, "ended");
    for (let knocks = 0; knocks < 3; knocks += 1) await knock({ ...door, from: site.stranger });
    await call(control, "operate", { author: AUTHOR, select: "door2", to: "closed", reason: "a test" });
    await heard(followed, 1, "changed");
    await until(() => followed.of("refused").reduce((sum, { count }) => sum + Number(count), 0) === 3, "3 refusals");

    const [began] = followed.of("began");
    assert.deepEqual(began, {
      ...{
        session: inside[0]?.session,
        flow: "flow/door1",
        source: site.till,
        rule: "till",
        started: inside[0]?.started,
      },
    });
    const [ended] = followed.of("ended");
    const { duration, ...how } = ended ?? {};
    assert.deepEqual(how, { ...began, bytesToTarget: 5, bytesToClient: 5, outcome: "closed", by: "client" });
    assert.equal(typeof duration, "number");
    const [refused] = followed.of("refused");
    assert.deepEqual(
      { ...refused, at: 0, count: 0 },
      { source: site.stranger, flow: "flow/door1", outcome: "denied", reason: "not-listed", count: 0, at: 0 },
    );
    const [changed] = followed.of("changed");
    assert.deepEqual({ ...changed, at: 0 }, { what: "operated", by: AUTHOR, detail: "closed: flow/door2", at: 0 });
    const numbers = followed.events.map(({ id }) => Number(id.split("-")[1]));
    const first = Number(before.events.split("-")[1]) + 1;
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => first + index),
      "each id once, without a gap",
    );
    assert.deepEqual(followed.of("health"), [], "it was known to be up before");
    const after = await overview(gateway);
    assert.deepEqual(
      after.refusals.map(({ source, flow, reason, count }) => [source, flow, reason, count]),
      [[site.stranger, "flow/door1", "not-listed", 3]],
    );
    assert.deepEqual(after.counts, { sessions: 2, refusals: 3 });
    assert.equal(after.attention.find(({ what }) => what === "closed")?.what, "closed");
    assert.equal(after.others[1]?.state, "closed");
  });

  test("tells that a terminal is down once, however often that is seen, and that it is up again", async () => {
    const target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target], { clock: NO_PROBES });
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const { events } = await overview(gateway);
    await using followed = following(control, events);
    await target[Symbol.asyncDispose]();
    for (let visits = 0; visits < 3; visits += 1) await knock({ ...door, from: site.till });
    await heard(followed, 3, "ended");
    await using back = await listen((socket) => socket.pipe(socket), target);
    await visit(door, site.till);
    await heard(followed, 2, "health");
    assert.equal(back.count.total, 1);
    assert.deepEqual(
      followed.of("health").map(({ flow, state, cause }) => [flow, state, cause]),
      [
        ["flow/door1", "down", "ECONNREFUSED"],
        ["flow/door1", "up", undefined],
      ],
    );
    assert.equal(followed.of("ended")[0]?.["outcome"], "dial-failed");
  });

  test("an overview knows of refusals that are still being added up, and nobody is told of them twice", async () => {
    await using target = await listen(() => undefined);
    // Whatever waits to be told waits for ever.
    const every: Clock["every"] = (period, callback) =>
      period < 1_000 && period !== 50 ? () => undefined : systemClock.every(period, callback);
    await using gateway = await running([target], { clock: { ...systemClock, every } });
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    await knock({ ...door, from: site.stranger });
    const { counts, refusals, events } = await overview(gateway);
    assert.deepEqual([counts.refusals, refusals.map(({ count }) => count)], [1, [1]]);
    await using followed = following(control, events);
    await knock({ ...door, from: site.stranger });
    assert.deepEqual(
      (await overview(gateway)).refusals.map(({ count }) => count),
      [2],
    );
    await heard(followed, 1, "refused");
    assert.deepEqual(
      followed.of("refused").map(({ count }) => count),
      [1],
    );
  });

  test("is taken up again after any event, without a gap and with nothing twice", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target], { clock: NO_PROBES });
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const { events } = await overview(gateway);
    const seen: string[] = [];
    let after = events;
    for (let round = 1; round <= 3; round += 1) {
      const followed = following(control, after);
      await visit(door, site.till);
      await heard(followed, 1, "ended");
      await followed[Symbol.asyncDispose]();
      seen.push(...followed.events.map(({ id }) => id));
      after = followed.last();
      // Nobody follows now.
      await visit(door, site.till);
      await until(() => target.count.total === round * 2 && target.count.open === 0, "it is over");
    }
    await using rest = following(control, after);
    await heard(rest, 1, "ended");
    seen.push(...rest.events.map(({ id }) => id));
    await using whole = following(control, events);
    await until(() => whole.events.length >= seen.length, "all of it again");
    assert.deepEqual(
      seen,
      whole.events.map(({ id }) => id),
    );
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(whole.of("ended").length, 6);
  });

  test("says `lost` to one who asks after an event of another process, and goes on from now", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target], { clock: NO_PROBES });
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    await visit(door, site.till);
    await using followed = following(control, "0123456789ab-7");
    await heard(followed, 1, "lost");
    assert.equal(followed.last(), (await overview(gateway)).events);
    await visit(door, site.till);
    await heard(followed, 1, "ended");
    assert.deepEqual(followed.events.map(({ event }) => event).slice(0, 3), ["lost", "began", "ended"]);
  });

  test("follows the file: it differs from what runs until it is applied, and again after a rollback", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target], { clock: NO_PROBES });
    const differs = async (): Promise<boolean> =>
      (await overview(gateway)).attention.some(({ what }) => what === "file-differs");
    assert.equal(await differs(), false);
    gateway.write((text) => text.replace("addresses: [", "addresses: [192.0.2.9, "));
    await until(() => gateway.told.some(({ event }) => event === "pending"), "it is seen");
    assert.equal(await differs(), true);
    await call(gateway.control, "apply", { author: AUTHOR });
    assert.equal(await differs(), false);
    await call(gateway.control, "rollback", { author: AUTHOR });
    assert.equal(await differs(), true);
    // Sooner than anybody looks at the file.
    gateway.write((text) => text.replace("addresses: [", "addresses: [192.0.2.8, "));
    await call(gateway.control, "apply", { author: AUTHOR });
    assert.equal(await differs(), false);
  });

  test("takes so many followers; the next is told, and nobody else loses anything by it", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target], { clock: NO_PROBES });
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const { events } = await overview(gateway);
    await using all = new AsyncDisposableStack();
    const many = Array.from({ length: 16 }, () => all.use(following(control, `0-${events}`)));
    await until(() => many.every((each) => each.of("lost").length === 1), "all follow");
    await assert.rejects(following(control, events).ended, { code: "usage", message: /as many do as may/ });
    await visit(door, site.till);
    for (const each of many) await heard(each, 1, "ended");
    await many[0]?.[Symbol.asyncDispose]();
    await using next = following(control, events);
    await heard(next, 1, "ended");
  });
});
