/** The places at one terminal: a till that comes back is never refused, and the terminal never sees two. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { suite, test } from "node:test";
import { busyHost } from "../support/busy-host.ts";
import { manualClock } from "../support/clock.ts";
import { type Place, dial, ending, knock, listen, until } from "../support/loopback.ts";
import { freeEndpoint, openDoor, policyOf, startRelay } from "../support/relay.ts";
import { soloTerminal } from "../support/solo-terminal.ts";

const ROUNDS = 500;

/** One payment; leaves by FIN or RST as soon as the answer is there. Says whether there was one. */
async function pay(to: Place, leave: "end" | "resetAndDestroy"): Promise<boolean> {
  const till = connect({ ...to, allowHalfOpen: true });
  const seen = ending(till);
  till.write("request");
  const answered = await Promise.race([once(till, "data").then(() => true), seen.then(() => false)]).catch(() => false);
  till[leave]();
  return answered;
}

suite("one session per terminal", () => {
  for (const leave of ["end", "resetAndDestroy"] as const) {
    const how = leave === "end" ? "FIN" : "RST";

    test(`${ROUNDS} payments in a row, each right after the ${how} of the last: none refused, never two`, async () => {
      // A FIN that was passed on does not free the place; the terminal takes a moment to close.
      await using terminal = await soloTerminal({ pace: 2 });
      await using door = await openDoor(terminal, { sessions: 1 });
      for (let round = 0; round < ROUNDS; round += 1) assert.ok(await pay(door, leave), `round ${round}`);
      assert.deepEqual(door.refused, []);
      assert.deepEqual(terminal.seen, { two: 0, requests: ROUNDS });
    });

    test(`the same by ${how} while a second till knocks: never two, and whoever is refused is told and counted`, async () => {
      await using terminal = await soloTerminal({ pace: 1 });
      await using door = await openDoor(terminal, { sessions: 1 });
      const seen = { served: 0, turnedAway: 0 };
      const come = async (rounds: number, how: "end" | "resetAndDestroy"): Promise<void> => {
        for (let round = 0; round < rounds; round += 1) seen[(await pay(door, how)) ? "served" : "turnedAway"] += 1;
      };
      await Promise.all([come(ROUNDS, leave), come(ROUNDS, "end")]);
      await until(() => door.relay.sessions === 0, "the last session's end");
      assert.deepEqual(terminal.seen, { two: 0, requests: seen.served });
      assert.equal(door.refused.length, seen.turnedAway);
      for (const { outcome, reason } of door.refused) assert.deepEqual([outcome, reason], ["busy", "terminal"]);
    });
  }

  test("callers that hang up without a word do not make the terminal see two", async () => {
    // One that takes its time to close: a FIN does not free its place, only its own end or a RST does.
    await using terminal = await soloTerminal({ pace: 10 });
    await using door = await openDoor(terminal, { sessions: 1 });
    const rounds = 100;
    for (let round = 0; round < rounds; round += 1) {
      const probe = await dial(door);
      if (round % 2 === 0) probe.destroy();
      else probe.resetAndDestroy();
      assert.ok(await pay(door, "end"), `round ${round}`);
    }
    assert.deepEqual(terminal.seen, { two: 0, requests: rounds });
  });

  test("a second till during a payment is told busy, by RST, and the payment goes on", async () => {
    await using terminal = await soloTerminal();
    await using door = await openDoor(terminal, { sessions: 1 });
    const first = await dial(door);
    first.write("request");
    await once(first, "data");
    assert.equal(await knock(door), "ECONNRESET");
    assert.equal(door.refused.length, 1);
    assert.equal(door.refused[0]?.outcome, "busy");
    assert.equal(terminal.count.total, 1);
    // It was refused, and so it is not in the list of sessions that ended.
    assert.deepEqual(door.ended, []);
    first.write("another");
    await once(first, "data");
    first.end();
    await until(() => door.relay.sessions === 0, "the end");
    assert.ok(await pay(door, "end"));
  });

  test("a client in line that leaves is forgotten: the next one has the place", async () => {
    await using terminal = await soloTerminal();
    // Nobody in line is turned away meanwhile.
    await using door = await openDoor(terminal, { sessions: 1, clock: manualClock() });
    const first = await dial(door);
    first.write("request");
    await once(first, "data");
    for (const leave of ["destroy", "resetAndDestroy"] as const) {
      const waiting = await dial(door);
      await until(() => door.relay.sessions === 2, "the one in line");
      waiting[leave]();
      await until(() => door.relay.sessions === 1, "the one in line gone");
    }
    const next = pay(door, "end");
    await until(() => door.relay.sessions === 2, "the next in line");
    first.end();
    assert.ok(await next);
    await until(() => door.relay.sessions === 0, "the end");
    assert.deepEqual(door.refused, []);
    assert.equal(terminal.count.total, 2);
    assert.deepEqual(
      door.ended.slice(0, 2).map(({ outcome, by, bytesToTarget }) => [outcome, by, bytesToTarget]),
      [
        ["closed", "client", 0],
        ["reset", "client", 0],
      ],
    );
  });

  test("a terminal that is gone has its place free, though the client it left behind still lingers", async () => {
    await using terminal = await listen((socket) =>
      socket.on("data", () => socket.end("answer", () => socket.resetAndDestroy())),
    );
    await using door = await openDoor(terminal, { sessions: 1, clock: manualClock() });
    const first = await dial(door);
    const seen = ending(first);
    first.write("request");
    assert.deepEqual((await seen).bytes.toString(), "answer");
    const next = { paid: false };
    void pay(door, "end").then((paid) => (next.paid = paid));
    // What the first one says now shows the gateway that nobody is there.
    await until(() => first.write("still there?") && next.paid, "the next payment");
    await until(() => door.relay.sessions === 1, "the next one's end");
    first.destroy();
    await until(() => door.relay.sessions === 0, "the first one's end");
  });

  test("what a client in line has said and ended is relayed when its turn comes", async () => {
    await using terminal = await listen((socket) => socket.pipe(socket));
    await using door = await openDoor(terminal, { sessions: 1, clock: manualClock() });
    const first = await dial(door);
    const farewell = ending(first);
    await until(() => terminal.count.open === 1, "the first");
    const second = await dial(door);
    const seen = ending(second);
    second.end("said in line");
    await until(() => door.relay.sessions === 2, "the second in line");
    first.end();
    await farewell;
    assert.equal((await seen).bytes.toString(), "said in line");
    await until(() => door.relay.sessions === 0, "the end of both");
  });

  test("a terminal that hangs in the dial holds its one place; a client that gives up frees it", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { sessions: 1, limits: { connect: 60_000 } });
    const first = await dial(door);
    await until(() => door.relay.sessions === 1, "the first");
    assert.equal(await knock(door), "ECONNRESET");
    first.end();
    await until(() => door.relay.sessions === 0, "the place free");
    first.destroy();
    const next = await dial(door);
    await until(() => door.relay.sessions === 1, "the next");
    next.destroy();
  });
});

suite("places belong to the terminal", () => {
  test("whatever alias leads to it", async () => {
    await using terminal = await soloTerminal();
    const [plan, alias] = [await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    await started.relay.apply(
      policyOf([{ listen: [plan.endpoint, alias.endpoint], target: terminal.endpoint, sessions: 1 }]),
    );
    await sharesOnePlace(plan, alias);
    assert.equal(terminal.count.most, 1);
  });

  test("whatever flow leads to it, and the least of their limits holds", async () => {
    await using terminal = await soloTerminal();
    const [first, second, third] = [await freeEndpoint(), await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    await started.relay.apply(
      policyOf([
        { listen: first.endpoint, target: terminal.endpoint, sessions: 3 },
        { listen: second.endpoint, target: terminal.endpoint, sessions: 1 },
        { listen: third.endpoint, target: terminal.endpoint },
      ]),
    );
    await sharesOnePlace(first, second);
    await sharesOnePlace(third, first);
    assert.equal(terminal.count.most, 1);
  });

  test("and terminals have their own", async () => {
    await using one = await soloTerminal();
    await using two = await soloTerminal();
    const [first, second] = [await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    await started.relay.apply(
      policyOf([
        { listen: first.endpoint, target: one.endpoint, sessions: 1 },
        { listen: second.endpoint, target: two.endpoint, sessions: 1 },
      ]),
    );
    const busy = await occupied(first);
    assert.ok(await pay(second, "end"));
    busy.destroy();
  });

  test("a new policy with more places lets in the one in line; with fewer, nobody is cut", async () => {
    await using terminal = await soloTerminal();
    const clock = manualClock();
    await using door = await openDoor(terminal, { sessions: 1, clock });
    const first = await occupied(door);
    const second = await dial(door);
    second.write("request");
    await until(() => door.relay.sessions === 2, "the second in line");
    const served = once(second, "data");
    await door.apply({ sessions: 2 });
    clock.pass(1_000);
    await served;
    await door.apply({ sessions: 1 });
    const third = knock(door);
    await until(() => door.relay.sessions === 3, "the third in line");
    clock.pass(1_000);
    assert.equal(await third, "ECONNRESET");
    for (const till of [first, second]) {
      till.write("request");
      await once(till, "data");
      till.destroy();
    }
    await until(() => door.relay.sessions === 0, "the end");
    assert.ok(await pay(door, "end"));
    await until(() => door.relay.sessions === 0, "the end of that one, too");
    assert.equal(door.refused.length, 1);
  });
});

/** A session that has its place and holds it. */
async function occupied(to: Place): Promise<Socket> {
  const till = await dial(to);
  till.write("request");
  await once(till, "data");
  return till;
}

/** Whoever comes by `second` finds the place taken by one who came by `first`, and free when that one has gone. */
async function sharesOnePlace(first: Place, second: Place): Promise<void> {
  const till = await occupied(first);
  assert.equal(await knock(second), "ECONNRESET");
  till.end();
  assert.ok(await pay(second, "end"));
}
