/** Sessions that have run out of time: idle, half-closed, stalled. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import type { SessionRecord } from "../../src/engine/records.ts";
import { manualClock } from "../support/clock.ts";
import { ending, pause, settled, until } from "../support/loopback.ts";
import { type Pair, through } from "../support/pair.ts";

const LIMITS = { connect: 5_000, idle: 300_000, halfClosed: 30_000, stalled: 60_000, drain: 200_000 };

/** A pair whose clock only the test moves, with DESIGN's own limits. */
async function still(): Promise<Pair & { readonly clock: ReturnType<typeof manualClock> }> {
  const clock = manualClock();
  return { ...(await through({ clock, limits: LIMITS })), clock };
}

async function endOf({ door }: Pair): Promise<SessionRecord> {
  await until(() => door.relay.sessions === 0, "the end of the session");
  assert.equal(door.ended.length, 1);
  const [record] = door.ended;
  assert.ok(record);
  return record;
}

suite("idle", () => {
  test("both ends see RST when nothing was said for that long, and not a second earlier", async () => {
    await using pair = await still();
    const seen = [ending(pair.client), ending(pair.target)];
    pair.clock.pass(LIMITS.idle - 1_000);
    assert.equal(pair.door.relay.sessions, 1);
    pair.clock.pass(2_000);
    const { outcome, by, duration } = await endOf(pair);
    assert.deepEqual([outcome, by], ["idle", "gateway"]);
    assert.ok(duration >= LIMITS.idle && duration < LIMITS.idle + 2_000, `${duration} ms`);
    for (const { by } of await Promise.all(seen)) assert.equal(by, "ECONNRESET");
  });

  for (const speaker of ["client", "target"] as const)
    test(`a word of the ${speaker} begins the time anew`, async () => {
      await using pair = await still();
      const heard = pair[speaker === "client" ? "target" : "client"];
      for (let count = 0; count < 3; count += 1) {
        pair.clock.pass(LIMITS.idle - 1_000);
        const before = heard.bytesRead;
        pair[speaker].write("still here");
        await until(() => heard.bytesRead > before, "the word");
        assert.equal(pair.door.relay.sessions, 1);
      }
      pair.clock.pass(LIMITS.idle + 1_000);
      assert.equal((await endOf(pair)).outcome, "idle");
    });

  test("a till that has sent FIN waits for the PIN as long as any other: idle, not half-closed", async () => {
    await using pair = await still();
    const request = ending(pair.target);
    pair.client.end("request");
    await request;
    pair.clock.pass(180_000);
    assert.equal(pair.door.relay.sessions, 1);
    const answer = ending(pair.client);
    pair.target.end("answer");
    assert.equal((await answer).bytes.toString(), "answer");
    assert.equal((await endOf(pair)).outcome, "closed");
  });

  test("and no longer", async () => {
    await using pair = await still();
    const request = ending(pair.target);
    pair.client.end("request");
    await request;
    pair.clock.pass(LIMITS.idle + 1_000);
    assert.equal((await endOf(pair)).outcome, "idle");
  });
});

suite("half-closed", () => {
  test("a client that does not end after the terminal's FIN is cut", async () => {
    await using pair = await still();
    const seen = ending(pair.client);
    pair.target.end("answer");
    assert.equal((await seen).bytes.toString(), "answer");
    pair.clock.pass(LIMITS.halfClosed - 1_000);
    assert.equal(pair.door.relay.sessions, 1);
    pair.clock.pass(2_000);
    const { outcome, by } = await endOf(pair);
    assert.deepEqual([outcome, by], ["half-closed", "gateway"]);
  });

  test("one that still speaks is not", async () => {
    await using pair = await still();
    const seen = ending(pair.client);
    pair.target.end();
    await seen;
    for (let count = 0; count < 3; count += 1) {
      pair.clock.pass(LIMITS.halfClosed - 1_000);
      const before = pair.target.bytesRead;
      pair.client.write("and one more thing");
      await until(() => pair.target.bytesRead > before, "the word");
    }
    assert.equal(pair.door.relay.sessions, 1);
    pair.client.end();
    assert.equal((await endOf(pair)).outcome, "closed");
  });
});

suite("half-closed: what the client may lose", () => {
  test("nothing of the terminal's answer: who is still reading it, however slowly, reads it whole", async () => {
    await using pair = await still();
    const { client, target, door } = pair;
    client.pause();
    // Fits into the buffers of the two systems, so that the gateway has handed it all on.
    const answer = Buffer.alloc(1024 * 1024, "answer ");
    target.end(answer);
    await once(target, "finish");
    await until(() => client.readableFlowing === false && target.writableLength === 0, "the answer on its way");
    await settled(() => client.bytesRead);
    pair.clock.pass(LIMITS.halfClosed + 1_000);
    const { outcome, bytesToClient } = await endOf(pair);
    assert.deepEqual([outcome, bytesToClient], ["half-closed", answer.length + 1]);
    assert.equal(door.relay.sessions, 0);
    const seen = ending(client);
    client.resume();
    const { by, bytes } = await seen;
    assert.equal(by, "end");
    assert.ok(bytes.equals(answer), `${bytes.length} bytes`);
    client.destroy();
  });

  test("time: words to a terminal that is gone do not prolong its session", async () => {
    await using pair = await through({ limits: { ...LIMITS, halfClosed: 300 } });
    const { client, target, door } = pair;
    const seen = ending(client);
    target.end();
    await seen;
    target.resetAndDestroy();
    await until(() => {
      client.write("still there?");
      return door.relay.sessions === 0;
    }, "the end of the session");
    assert.equal(door.ended[0]?.outcome, "half-closed");
  });
});

suite("stalled", () => {
  test("a client that stops reading is cut, and its terminal is free", async () => {
    await using pair = await still();
    await flood(pair);
    pair.clock.pass(LIMITS.stalled + 1_000);
    const { outcome, by } = await endOf(pair);
    assert.deepEqual([outcome, by], ["stalled", "gateway"]);
    await until(() => pair.terminal.count.open === 0, "the terminal's socket closed");
  });

  test("a dead client of a stalled terminal, whom no read can see, is freed", async () => {
    await using pair = await still();
    pair.target.pause();
    const step = Buffer.alloc(1024 * 1024);
    for (let count = 0; count < 64; count += 1) pair.client.write(step);
    await settled(() => pair.client.bytesWritten - pair.client.writableLength);
    pair.client.resetAndDestroy();
    pair.clock.pass(LIMITS.stalled + 1_000);
    assert.equal((await endOf(pair)).outcome, "stalled");
  });

  test("a reader that is slow but moves is never cut", async () => {
    const limits = { ...LIMITS, stalled: 3_000 };
    await using pair = await through({ limits });
    const { client, target, door } = pair;
    client.pause();
    const step = Buffer.alloc(1024 * 1024, "x");
    for (let count = 0; count < 24; count += 1) target.write(step);
    target.end();
    const read = await readSlowly(client);
    assert.deepEqual(door.ended, []);
    assert.equal(read, 24 * step.length);
  });

  test("a session that is only quiet is not stalled", async () => {
    await using pair = await still();
    pair.clock.pass(LIMITS.stalled * 3);
    assert.equal(pair.door.relay.sessions, 1);
  });

  test("the neighbour is not touched", async () => {
    await using pair = await still();
    const neighbour = await pair.another();
    await flood(pair);
    pair.clock.pass(LIMITS.stalled + 1_000);
    await until(() => pair.door.relay.sessions === 1, "the end of the stalled session");
    const heard = ending(neighbour.target);
    neighbour.client.end("still here");
    assert.equal((await heard).bytes.toString(), "still here");
  });
});

/** Lets the terminal write more than every buffer on the way holds, to a client that does not read. */
async function flood({ client, target }: Pair): Promise<void> {
  client.pause();
  const step = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < 64; count += 1) target.write(step);
  await settled(() => target.bytesWritten - target.writableLength);
}

/** Reads half a MiB every 100 ms to the end, or to the error, and returns how many bytes there were. */
async function readSlowly(socket: Socket): Promise<number> {
  const seen = { bytes: 0, over: false };
  socket.on("data", (chunk: Buffer) => {
    seen.bytes += chunk.length;
    socket.pause();
  });
  for (const event of ["end", "close"]) socket.on(event, () => (seen.over = true));
  while (!seen.over) {
    const goal = seen.bytes + 512 * 1024;
    await until(() => {
      socket.resume();
      return seen.over || seen.bytes >= goal;
    }, "half a MiB");
    await pause(100);
  }
  return seen.bytes;
}
