/** Whoever is told to have begun is told to have ended, once and by the same number; nobody else is. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { SPARE } from "../../src/engine/relay/slots.ts";
import { manualClock } from "../support/clock.ts";
import { dial, ending, knock, listen, says, until } from "../support/loopback.ts";
import { type TestRelay, openDoor } from "../support/relay.ts";
import { soloTerminal } from "../support/solo-terminal.ts";

const numbers = ({ began }: TestRelay): readonly number[] => began.map(({ session }) => session);

suite("the beginnings of sessions", { timeout: 180_000 }, () => {
  test("each has a number of its own, by which it ends and is found inside", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using door = await openDoor(target);
    const clients = [await dial(door), await dial(door), await dial(door)];
    for (const client of clients) assert.equal(await says(client, "x"), "x");
    assert.deepEqual(numbers(door), [1, 2, 3]);
    assert.deepEqual(
      door.relay.openSessions.map(({ session, flow }) => [session, flow]),
      [1, 2, 3].map((number) => [number, "flow/test-0"]),
    );
    for (const index of [1, 0, 2]) {
      clients[index]?.end();
      await until(() => door.relay.openSessions.every(({ session }) => session !== index + 1), "its end");
    }
    assert.deepEqual(door.endedNumbers, [2, 1, 3]);
    assert.deepEqual(door.leftLine, []);
  });

  test("one who finds a full line is turned away and never began; those in line leave by their numbers", async () => {
    await using terminal = await soloTerminal();
    // None of the line is turned away before the last has come.
    const clock = manualClock();
    await using door = await openDoor(terminal, { sessions: 1, clock });
    const first = await dial(door);
    await says(first, "request");
    const many = 3 + 1 + SPARE;
    const knocks = Array.from({ length: many }, () => knock(door));
    await until(() => door.refused.length === 3 && door.relay.sessions === 1 + 1 + SPARE, "a full line");
    clock.pass(1_000);
    assert.deepEqual(new Set(await Promise.all(knocks)), new Set(["ECONNRESET"]));
    await until(() => door.relay.sessions === 1, "only the first is left");
    const waited = [2, 3, 4, 5, 6];
    assert.deepEqual([numbers(door), door.leftLine.toSorted(), door.endedNumbers], [[1, ...waited], waited, []]);
    assert.equal(door.refused.length, many);
    first.end();
    await ending(first);
    await until(() => door.relay.sessions === 0, "the end of the first");
  });

  test("where another process never took up its work, all are told of here, as if nothing had been", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using door = await openDoor(target);
    const before = await dial(door);
    assert.equal(await says(before, "x"), "x");
    const handed = door.relay.handOver(() => undefined);
    const meanwhile = await dial(door);
    await until(() => door.relay.sessions === 2, "it came");
    before.end();
    await until(() => door.relay.sessions === 1, "the first has ended");
    assert.deepEqual([numbers(door), door.endedNumbers], [[1], []], "the other process would tell of them");
    handed.resume();
    assert.equal(await says(meanwhile, "y"), "y");
    assert.deepEqual([numbers(door), door.endedNumbers], [[1, 2], [1]]);
    meanwhile.end();
    await until(() => door.endedNumbers.length === 2, "its end");
    assert.deepEqual(door.endedNumbers, [1, 2]);
  });

  test("one who waits in line has begun, and leaves it by its number where no place was found", async () => {
    await using terminal = await soloTerminal();
    await using door = await openDoor(terminal, { sessions: 1, queue: { length: 1, wait: 200 } });
    const first = await dial(door);
    await says(first, "request");
    const second = await dial(door);
    assert.equal((await ending(second)).by, "ECONNRESET");
    await until(() => door.leftLine.length === 1, "it is told");
    assert.deepEqual(
      door.began.map(({ session, phase }) => [session, phase]),
      [
        [1, "dialling"],
        [2, "waiting"],
      ],
    );
    assert.deepEqual([door.leftLine, door.endedNumbers, door.refused.length], [[2], [], 1]);
    first.end();
    await ending(first);
  });
});
