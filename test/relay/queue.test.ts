/** `busy: queue`: the line before a terminal is bounded, in order, and forgets who leaves. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import { manualClock } from "../support/clock.ts";
import { type Peer, type Place, dial, ending, knock, listen, until } from "../support/loopback.ts";
import { type DoorOptions, type OpenDoor, freeEndpoint, openDoor, policyOf, startRelay } from "../support/relay.ts";

const QUEUE = { length: 3, wait: 30_000 };

/** Tills, as they came, each by its number; and the terminal that hears each say it. */
interface Scene extends AsyncDisposable {
  readonly terminal: Peer;
  readonly door: OpenDoor;
  readonly clock: ReturnType<typeof manualClock>;
  readonly heard: string[];
  /** Who comes next, as soon as the gateway has it. */
  readonly come: () => Promise<Socket>;
}

/** A terminal with one place, taken by till 0. */
async function scene(options: DoorOptions = {}): Promise<Scene> {
  const heard: string[] = [];
  const clock = manualClock();
  const terminal = await listen((socket) =>
    socket.on("data", (data) => void heard.push(String(data))).on("end", () => socket.end()),
  );
  const limits = { idle: 1e9, stalled: 1e9, halfClosed: 1e9 };
  const door = await openDoor(terminal, { sessions: 1, queue: QUEUE, clock, limits, ...options });
  const tills: Socket[] = [];
  const come = async (): Promise<Socket> => {
    const inside = door.relay.sessions;
    const till = await dial(door);
    till.on("error", () => undefined).resume();
    till.write(String(tills.length));
    tills.push(till);
    await until(() => door.relay.sessions === inside + 1, "one more");
    return till;
  };
  await come();
  await until(() => heard.length === 1, "till 0 at the terminal");
  return {
    terminal,
    door,
    clock,
    heard,
    come,
    [Symbol.asyncDispose]: async () => {
      for (const till of tills) till.destroy();
      await door[Symbol.asyncDispose]();
      await terminal[Symbol.asyncDispose]();
    },
  };
}

const phases = (door: OpenDoor): readonly string[] => door.relay.openSessions.map(({ phase }) => phase);

suite("a queue before a terminal", () => {
  test("serves in the order of arrival, one at a time, and shows who waits as waiting", async () => {
    await using played = await scene();
    const { door, terminal, heard, come } = played;
    const [first, second, third] = [await come(), await come(), await come()];
    assert.deepEqual(phases(door), ["open", "waiting", "waiting", "waiting"]);
    assert.equal(terminal.count.total, 1);
    const [zero] = played.door.relay.openSessions;
    assert.ok(zero);
    for (const [index, leaving] of [undefined, first, second].entries()) {
      if (leaving === undefined) await door.apply({ sessions: 2 }).then(() => played.clock.pass(1_000));
      else leaving.destroy();
      await until(() => heard.length === index + 2, `till ${index + 1} at the terminal`);
    }
    assert.deepEqual(heard, ["0", "1", "2", "3"]);
    assert.equal(terminal.count.most, 2);
    assert.deepEqual(door.refused, []);
    third.destroy();
  });

  test("when the wait is over: RST, busy, and no dial; one who came later waits on", async () => {
    await using played = await scene();
    const { door, clock, come } = played;
    const first = ending(await come());
    clock.pass(QUEUE.wait / 2);
    const second = await come();
    clock.pass(QUEUE.wait / 2 - 1_000);
    assert.deepEqual(phases(door), ["open", "waiting", "waiting"]);
    clock.pass(1_500);
    assert.equal((await first).by, "ECONNRESET");
    await until(() => door.relay.sessions === 2, "the first gone");
    assert.deepEqual(
      door.refused.map(({ outcome, reason }) => [outcome, reason]),
      [["busy", "terminal"]],
    );
    assert.deepEqual(door.ended, []);
    assert.equal(played.terminal.count.total, 1);
    second.destroy();
  });

  test("no more than its length wait: who comes behind has the usual moment, then RST", async () => {
    await using played = await scene();
    const { door, clock, come } = played;
    for (let count = 0; count < QUEUE.length; count += 1) await come();
    const late = ending(await come());
    clock.pass(600);
    assert.equal((await late).by, "ECONNRESET");
    assert.deepEqual(phases(door).filter((phase) => phase === "waiting").length, QUEUE.length);
    assert.equal(door.refused.length, 1);
  });

  for (const [how, leave] of [
    ["RST", (till: Socket) => till.resetAndDestroy()],
    ["FIN", (till: Socket) => till.end()],
  ] as const)
    test(`one who leaves by ${how} before any byte is forgotten at once, and those behind move up`, async () => {
      await using played = await scene();
      const { door, come, heard } = played;
      const mute = await dial(door);
      mute.on("error", () => undefined);
      await until(() => door.relay.sessions === 2, "the mute one in line");
      await come();
      leave(mute);
      await until(() => door.relay.sessions === 2, "the mute one gone");
      await door.apply({ sessions: 2 });
      played.clock.pass(500);
      await until(() => heard.length === 2, "the next at the terminal");
      assert.deepEqual(heard, ["0", "1"]);
      assert.equal(played.terminal.count.total, 2);
      mute.destroy();
    });

  test("the line counts towards the limits of source and gateway", async () => {
    await using played = await scene({ limits: { perSource: 2, idle: 1e9, stalled: 1e9, halfClosed: 1e9 } });
    await played.come();
    assert.equal(await knock(played.door), "ECONNRESET");
    assert.deepEqual([played.door.refused[0]?.outcome, played.door.refused[0]?.reason], ["overload", "source"]);
  });

  test("a flow that drains lets nobody in from its line; a stop neither", async () => {
    await using played = await scene();
    const { door, come } = played;
    const first = ending(await come());
    await door.apply({ standing: "draining" });
    assert.equal((await first).by, "ECONNRESET");
    await until(() => door.ended.length === 1, "the record");
    assert.equal(door.ended[0]?.outcome, "revoked");
    await door.apply();
    const second = ending(await come());
    void door.relay.drain(10_000);
    assert.equal((await second).by, "ECONNRESET");
    await until(() => door.ended.length === 2, "the record");
    assert.equal(door.ended[1]?.outcome, "drained");
    assert.equal(played.terminal.count.total, 1);
  });
});

suite("a new policy, with a line", () => {
  test("a shorter wait holds for those who wait, in their order", async () => {
    await using played = await scene();
    const { door, clock, come } = played;
    const first = ending(await come());
    clock.pass(5_000);
    await come();
    await door.apply({ queue: { length: 3, wait: 6_000 } });
    clock.pass(2_000);
    assert.equal((await first).by, "ECONNRESET");
    await until(() => door.relay.sessions === 2, "the first gone");
    assert.deepEqual(phases(door), ["open", "waiting"]);
  });

  test("a longer wait too; and without a queue only the moment is left", async () => {
    await using played = await scene();
    const { door, clock, come } = played;
    const first = ending(await come());
    await door.apply({ queue: { length: 3, wait: 300_000 } });
    clock.pass(200_000);
    assert.deepEqual(phases(door), ["open", "waiting"]);
    await door.apply({ queue: undefined });
    clock.pass(500);
    assert.equal((await first).by, "ECONNRESET");
  });

  test("a shorter queue turns away the last ones, never the first", async () => {
    await using played = await scene();
    const { door, clock, come } = played;
    await come();
    const last = ending(await come());
    await door.apply({ queue: { length: 1, wait: 30_000 } });
    clock.pass(1_000);
    // The one behind has waited longer than the moment that is left to it.
    assert.equal((await last).by, "ECONNRESET");
    await until(() => door.relay.sessions === 2, "the last gone");
    assert.deepEqual(phases(door), ["open", "waiting"]);
  });
});

test("two flows to one terminal share one line, and each waits as its own flow says", async () => {
  const clock = manualClock();
  await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
  const [patient, hasty] = [await freeEndpoint(), await freeEndpoint()];
  await using started = startRelay({ clock });
  await started.relay.apply(
    policyOf(
      [
        { listen: patient.endpoint, target: terminal.endpoint, sessions: 1, queue: QUEUE },
        { listen: hasty.endpoint, target: terminal.endpoint },
      ],
      { idle: 1e9 },
    ),
  );
  const enter = async (to: Place, count: number): Promise<Socket> => {
    const till = await dial(to);
    till.on("error", () => undefined);
    await until(() => started.relay.sessions === count, "one more");
    return till;
  };
  const inside = await enter(hasty, 1);
  const waiting = await enter(patient, 2);
  const refused = ending(await enter(hasty, 3));
  clock.pass(600);
  assert.equal((await refused).by, "ECONNRESET");
  await until(() => terminal.count.total === 1, "the first at the terminal");
  const gone = once(inside, "close");
  inside.destroy();
  await gone;
  await until(() => terminal.count.total === 2, "the one in line at the terminal");
  waiting.destroy();
});
