/** Stopping: nobody new, those inside may finish, the rest is cut at the limit. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import { busyHost } from "../support/busy-host.ts";
import { manualClock } from "../support/clock.ts";
import { dial, ending, isListening, knock, until } from "../support/loopback.ts";
import { through } from "../support/pair.ts";
import { openDoor, policyOf, startRelay } from "../support/relay.ts";
import { soloTerminal } from "../support/solo-terminal.ts";

suite("drain", () => {
  test("closes the doors at once, waits for those inside, and cuts nobody who finishes", async () => {
    await using pair = await through();
    const drained = pair.door.relay.drain(60_000);
    assert.equal(await knock(pair.door), "ECONNREFUSED");
    const answer = ending(pair.client);
    pair.client.end("request");
    pair.target.end("answer");
    assert.equal((await answer).bytes.toString(), "answer");
    assert.deepEqual(await drained, { cut: 0 });
    assert.equal(pair.door.ended[0]?.outcome, "closed");
  });

  test("cuts with RST who is left at the limit, as drained, and says how many", async () => {
    const clock = manualClock();
    await using pair = await through({ clock, limits: { idle: 300_000 } });
    const other = await pair.another();
    const seen = [pair.client, pair.target, other.client, other.target].map(ending);
    const drained = pair.door.relay.drain(200_000);
    clock.pass(199_000);
    assert.equal(pair.door.relay.sessions, 2);
    clock.pass(2_000);
    assert.deepEqual(await drained, { cut: 2 });
    for (const { by } of await Promise.all(seen)) assert.equal(by, "ECONNRESET");
    assert.deepEqual(
      pair.door.ended.map(({ outcome, by }) => [outcome, by]),
      [
        ["drained", "gateway"],
        ["drained", "gateway"],
      ],
    );
  });

  test("a second one with no time ends at once", async () => {
    await using pair = await through();
    const first = pair.door.relay.drain(600_000);
    const second = pair.door.relay.drain(0);
    assert.deepEqual(await Promise.all([first, second]), [{ cut: 1 }, { cut: 1 }]);
  });

  test("a second one with more time does not lengthen the first", async () => {
    const clock = manualClock();
    await using pair = await through({ clock });
    const first = pair.door.relay.drain(1_000);
    void pair.door.relay.drain(1_000_000);
    clock.pass(2_000);
    assert.deepEqual(await first, { cut: 1 });
  });

  test("again after the end resolves with the same", async () => {
    await using pair = await through();
    assert.deepEqual(await pair.door.relay.drain(0), { cut: 1 });
    assert.deepEqual(await pair.door.relay.drain(0), { cut: 1 });
  });

  test("limits go on while it waits", async () => {
    const clock = manualClock();
    await using pair = await through({ clock, limits: { idle: 5_000 } });
    const drained = pair.door.relay.drain(600_000);
    clock.pass(6_000);
    assert.deepEqual(await drained, { cut: 0 });
    assert.equal(pair.door.ended[0]?.outcome, "idle");
  });

  test("cuts who has stopped reading, though there is still something for them", async () => {
    await using pair = await through();
    pair.client.pause();
    const step = Buffer.alloc(1024 * 1024);
    for (let count = 0; count < 32; count += 1) pair.target.write(step);
    await until(() => pair.target.writableLength < 31 * step.length, "bytes on their way");
    assert.deepEqual(await pair.door.relay.drain(0), { cut: 1 });
  });

  test("ends one whose dial hangs at the limit", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
    const client = await dial(door);
    const seen = ending(client);
    await until(() => door.relay.sessions === 1, "the session");
    assert.deepEqual(await door.relay.drain(50), { cut: 1 });
    assert.equal((await seen).by, "ECONNRESET");
    assert.equal(door.ended[0]?.outcome, "drained");
  });

  test("turns away at once who still waits for a place, and lets the one inside finish", async () => {
    await using terminal = await soloTerminal();
    await using door = await openDoor(terminal, { sessions: 1 });
    const first = await dial(door);
    first.write("request");
    await once(first, "data");
    const waiting = ending(await dial(door));
    await until(() => door.relay.sessions === 2, "the one in line");
    const drained = door.relay.drain(60_000);
    assert.equal((await waiting).by, "ECONNRESET");
    first.end("and good bye");
    await once(first, "end");
    assert.deepEqual(await drained, { cut: 0 });
    assert.equal(terminal.count.total, 1);
  });

  test("before anything was applied, and apply after it: nothing opens", async () => {
    const { relay } = startRelay();
    assert.deepEqual(await relay.drain(1_000), { cut: 0 });
    await using pair = await through();
    const { host, port, endpoint } = pair.door;
    await pair.door.relay.drain(0);
    assert.deepEqual(await relay.apply(policyOf([{ listen: endpoint, target: pair.terminal.endpoint }])), {
      open: 0,
      blocked: [],
    });
    assert.equal(isListening({ host, port }), false);
  });
});
