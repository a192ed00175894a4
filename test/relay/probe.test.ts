/** Probes: they see what is there, take the place of a session and never stand beside one, and leave for whoever comes. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { RelayedFlow } from "../../src/policy/policy.ts";
import { HealthBook } from "../../src/probe/health.ts";
import { IDENTIFICATION } from "../../src/probe/identification.ts";
import { watchSilent } from "../../src/probe/watch.ts";
import { type Peer, dial, ending, freePort, ipv4, listen, loopbackAddress, says, until } from "../support/loopback.ts";
import { manualClock } from "../support/clock.ts";
import { type OpenDoor, openDoor } from "../support/relay.ts";

/** The door's flow, as its policy has it. */
const flowOf = (target: Pick<Peer, "endpoint">, door: OpenDoor, probe?: RelayedFlow["probe"]): RelayedFlow => ({
  kind: "relayed",
  id: "flow/test",
  endpoints: [door.endpoint],
  target: target.endpoint,
  direction: "other",
  grants: [],
  gate: { starts: Uint32Array.of(0), answerOf: Uint32Array.of(0), answers: [[]] },
  onRevoke: "drain",
  ...(probe === undefined ? {} : { probe }),
});

const echo = (): Promise<Peer> => listen((socket) => void socket.pipe(socket));
const mute = (): Promise<Peer> => listen((socket) => void socket.resume().on("end", () => socket.end()));

suite("a probe", () => {
  test("reaches a terminal with one connection that says nothing, and is gone", async () => {
    await using terminal = await mute();
    await using door = await openDoor(terminal, { sessions: 1 });
    const { outcome, cause } = await door.relay.probe(flowOf(terminal, door));
    assert.deepEqual({ outcome, cause }, { outcome: "reached", cause: undefined });
    await until(() => terminal.count.open === 0 && terminal.count.total === 1, "one connection, gone");
    assert.equal(door.relay.sessions, 0);
    assert.deepEqual(door.ended, []);
  });

  test("says why a terminal cannot be reached", async () => {
    const host = loopbackAddress();
    const gone = { endpoint: { address: ipv4(host), port: await freePort(host) } };
    await using door = await openDoor(gone);
    const { outcome, cause } = await door.relay.probe(flowOf(gone, door));
    assert.deepEqual({ outcome, cause }, { outcome: "failed", cause: "ECONNREFUSED" });
  });

  test("asks a Caisse-AP terminal who it is, and one that says something else or nothing does not answer", async () => {
    const cases = [
      ["CZ0040300CJ012247300123456", "answered"],
      ["HTTP/1.1 400 Bad Request\r\n\r\n", "mute"],
      ["", "mute"],
    ] as const;
    for (const [said, expected] of cases) {
      const connect = expected === "answered" ? 60_000 : 1_000;
      const asked: string[] = [];
      await using terminal = await listen((socket) => {
        socket.on("data", (data) => {
          asked.push(String(data));
          socket.write(said);
        });
      });
      await using door = await openDoor(terminal, { limits: { connect } });
      const { outcome } = await door.relay.probe(flowOf(terminal, door), IDENTIFICATION);
      assert.equal(outcome, expected, said);
      assert.match(asked.join(""), /^CZ004\d{4}.*CD001I/);
    }
  });

  test("tries nothing while somebody is inside", async () => {
    await using terminal = await echo();
    await using door = await openDoor(terminal, { sessions: 1 });
    const till = await dial(door);
    await says(till, "hello");
    assert.equal((await door.relay.probe(flowOf(terminal, door))).outcome, "busy");
    assert.equal(terminal.count.total, 1);
    till.end();
    await ending(till);
  });

  test("leaves at once for a till that comes, and the terminal never has two", async () => {
    let open = 0;
    let most = 0;
    // Answers a till, never a probe.
    await using terminal = await listen((socket) => {
      open += 1;
      most = Math.max(most, open);
      socket.on("data", (data) => String(data) === "pay" && socket.write("paid"));
      socket
        .on("end", () => socket.end())
        .on("error", () => undefined)
        .on("close", () => (open -= 1));
    });
    await using door = await openDoor(terminal, { sessions: 1, limits: { connect: 60_000 } });
    const probed = door.relay.probe(flowOf(terminal, door), IDENTIFICATION);
    await until(() => terminal.count.open === 1, "the probe inside");
    const till = await dial(door);
    assert.equal(await says(till, "pay"), "paid");
    assert.equal((await probed).outcome, "gave-way");
    assert.equal(most, 1);
    till.end();
    await ending(till);
    assert.deepEqual(
      door.ended.map(({ outcome }) => outcome),
      ["closed"],
    );
  });

  test(
    "is gone when another process is to decide, also where the terminal has yet to close",
    { timeout: 60_000 },
    async (context) => {
      const ended = Promise.withResolvers<undefined>();
      await using terminal = await listen((socket) => socket.resume().once("end", () => ended.resolve(undefined)));
      await using door = await openDoor(terminal, { sessions: 1 });
      // The time that the terminal has to close by itself does not pass.
      context.mock.timers.enable({ apis: ["setTimeout"] });
      const probed = door.relay.probe(flowOf(terminal, door));
      await ended.promise;
      door.relay.handOver(() => undefined).resume();
      assert.equal((await probed).outcome, "reached");
      context.mock.timers.reset();
    },
  );

  test("is cut by a stop, which does not wait for it", async () => {
    await using terminal = await mute();
    await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
    const probed = door.relay.probe(flowOf(terminal, door), IDENTIFICATION);
    await until(() => terminal.count.open === 1, "the probe inside");
    await door.relay.drain(60_000);
    assert.equal((await probed).outcome, "gave-way");
    assert.equal((await door.relay.probe(flowOf(terminal, door))).outcome, "busy");
  });
});

suite("watchSilent", () => {
  test("passes every silent terminal once in ten minutes, one that is down each minute, and none that forbids it", async () => {
    await using terminal = await mute();
    await using door = await openDoor(terminal);
    const flows = ["a", "b", "down", "heard", "never"].map((id) => ({
      ...flowOf(terminal, door, id === "never" ? "none" : undefined),
      id,
    }));
    const clock = manualClock();
    const health = new HealthBook();
    const seen = new Map<string, number>();
    const stop = watchSilent({
      clock,
      health,
      flows: () => flows,
      probe: ({ id }) => {
        seen.set(id, (seen.get(id) ?? 0) + 1);
        const outcome = id === "down" ? "failed" : "reached";
        health.probed(id, { outcome, duration: 1 }, clock.wall());
        return Promise.resolve({ outcome, duration: 1 });
      },
    });
    for (let minute = 0; minute < 20; minute += 1) {
      health.probed("heard", { outcome: "reached", duration: 1 }, clock.wall());
      for (let second = 0; second < 60; second += 1) {
        clock.pass(1_000);
        await Promise.resolve();
      }
    }
    stop();
    assert.deepEqual(
      [seen.get("a"), seen.get("b"), seen.get("heard"), seen.get("never")],
      [2, 2, undefined, undefined],
    );
    const down = seen.get("down") ?? 0;
    // Found in the first ten minutes at the latest, and looked at each minute from then on.
    assert.ok(down >= 10 && down <= 21, String(down));
  });
});
