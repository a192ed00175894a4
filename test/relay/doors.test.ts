/** Doors: which are open, which are blocked and tried again, and what a change does to the others. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Socket, connect } from "node:net";
import { manualClock } from "../support/clock.ts";
import { type Place, ending, ipv4, isListening, knock, listen, loopbackAddress, until } from "../support/loopback.ts";
import { through } from "../support/pair.ts";
import { freeEndpoint, openDoor, policyOf, startRelay } from "../support/relay.ts";

suite("a port that is taken", () => {
  test("is a finding; the others serve; it opens when it is free again", async () => {
    await using terminal = await listen((socket) => socket.pipe(socket));
    const [busy, free] = [await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    const { relay } = started;
    const policy = policyOf([
      { id: "depot01-tpe01", listen: busy.endpoint, target: terminal.endpoint },
      { id: "depot01-tpe02", listen: free.endpoint, target: terminal.endpoint },
    ]);
    const blocked = { flow: "depot01-tpe01", endpoint: busy.endpoint, cause: "EADDRINUSE" };
    await whileTaken([busy], async () => {
      assert.deepEqual(await relay.apply(policy), { open: 1, blocked: [blocked] });
      assert.deepEqual(started.blocked, [blocked]);
      assert.equal(await echoed(free, "others serve"), "others serve");
      // Tried again and still taken: said once.
      assert.deepEqual(await relay.apply(policy), { open: 1, blocked: [blocked] });
      assert.equal(started.blocked.length, 1);
    });
    await until(() => started.unblocked.length === 1, "the door opened");
    assert.deepEqual(started.unblocked, [blocked]);
    assert.equal(await echoed(busy, "now this one too"), "now this one too");
    assert.deepEqual(await relay.apply(policy), { open: 2, blocked: [] });
  });

  test("an address that this host does not have is the same", async () => {
    await using terminal = await listen(() => undefined);
    await using started = startRelay();
    const elsewhere = { address: ipv4("192.0.2.1"), port: 10_101 };
    const { open, blocked } = await started.relay.apply(policyOf([{ listen: elsewhere, target: terminal.endpoint }]));
    assert.equal(open, 0);
    assert.equal(blocked[0]?.cause, "EADDRNOTAVAIL");
  });

  test("a door that goes while it is blocked is not opened later", async () => {
    await using terminal = await listen(() => undefined);
    const busy = await freeEndpoint();
    const clock = manualClock();
    await using started = startRelay({ clock });
    await whileTaken([busy], async () => {
      await started.relay.apply(policyOf([{ listen: busy.endpoint, target: terminal.endpoint }]));
      assert.deepEqual(await started.relay.apply(policyOf([])), { open: 0, blocked: [] });
    });
    clock.pass(60_000);
    assert.equal(await knock(busy), "ECONNREFUSED");
    assert.deepEqual(started.unblocked, []);
  });

  test("a change in the very moment of a retry leaves the other blocked doors to be retried", async () => {
    await using terminal = await listen(() => undefined);
    const [first, second] = [await freeEndpoint(), await freeEndpoint()];
    const clock = manualClock();
    await using started = startRelay({ clock });
    const both = [first, second].map(({ endpoint }) => ({ listen: endpoint, target: terminal.endpoint }));
    await whileTaken([first, second], async () => {
      assert.equal((await started.relay.apply(policyOf(both))).blocked.length, 2);
    });
    // The retry begins with the sweep; the first door is closed before its listener has begun to listen.
    const applied = started.relay.apply(policyOf(both.slice(1)));
    clock.pass(2_000);
    await applied;
    await until(() => {
      clock.pass(1_000);
      return isListening(second);
    }, "the second door");
    assert.equal(await knock(first), "ECONNREFUSED");
  });
});

suite("apply", () => {
  test("never closes a door that stays: not one connection is refused during 50 changes", async () => {
    await using terminal = await listen((socket) => socket.pipe(socket));
    const [kept, ...others] = [await freeEndpoint(), await freeEndpoint(), await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    const policy = (doors: readonly { readonly endpoint: typeof kept.endpoint }[]) =>
      policyOf(doors.map(({ endpoint }) => ({ listen: endpoint, target: terminal.endpoint })));
    await started.relay.apply(policy([kept]));
    let over = false;
    let served = 0;
    const hammer = async (): Promise<void> => {
      for (; !over; served += 1) assert.equal(await echoed(kept, "payment"), "payment");
    };
    const hammers = [hammer(), hammer(), hammer(), hammer()];
    for (let count = 0; count < 50; count += 1) {
      await started.relay.apply(policy([kept, ...others.filter((_, index) => (count >> index) % 2 === 0)]));
      const goal = served + 5;
      await Promise.race([until(() => served >= goal, "some payments"), ...hammers]);
    }
    over = true;
    await Promise.all(hammers);
    assert.ok(served >= 250);
    assert.deepEqual(started.refused, []);
    await until(() => started.ended.length === served, "all the records");
    for (const { outcome } of started.ended) assert.equal(outcome, "closed");
  });

  test("opens new doors before it resolves, and closes those that are gone", async () => {
    await using terminal = await listen(() => undefined);
    const [old, young] = [await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    await started.relay.apply(policyOf([{ listen: old.endpoint, target: terminal.endpoint }]));
    await started.relay.apply(policyOf([{ listen: young.endpoint, target: terminal.endpoint }]));
    assert.deepEqual([isListening(old), isListening(young)], [false, true]);
  });

  test("listens on the address given and no other", async () => {
    await using terminal = await listen(() => undefined);
    await using door = await openDoor(terminal);
    assert.ok(isListening(door));
    assert.equal(await knock({ host: "127.0.0.1", port: door.port }), "ECONNREFUSED");
  });

  test("applications asked for at once are carried out one after another: the last one stands", async () => {
    await using terminal = await listen(() => undefined);
    const doors = [await freeEndpoint(), await freeEndpoint(), await freeEndpoint()];
    await using started = startRelay();
    const applied = await Promise.all(
      [...doors, ...doors].map(({ endpoint }) =>
        started.relay.apply(policyOf([{ listen: endpoint, target: terminal.endpoint }])),
      ),
    );
    for (const { open, blocked } of applied) assert.deepEqual([open, blocked], [1, []]);
    assert.deepEqual(doors.map(isListening), [false, false, true]);
  });

  test("asked for again and again, it does not keep the limits from being looked at", async () => {
    const clock = manualClock();
    await using pair = await through({ clock, limits: { idle: 10_000 } });
    const seen = ending(pair.client);
    // Each change comes sooner than the sweep.
    for (let count = 0; count < 300; count += 1) {
      clock.pass(100);
      await pair.door.apply();
    }
    assert.equal((await seen).by, "ECONNRESET");
    await until(() => pair.door.ended.length === 1, "the record");
    assert.equal(pair.door.ended[0]?.outcome, "idle");
  });

  for (const turns of [0, 1, 2, 3, 4])
    test(`resolves also when the engine is stopped ${turns} moments after it began`, async () => {
      await using terminal = await listen(() => undefined);
      const doors = await Promise.all(Array.from({ length: 5 }, freeEndpoint));
      const { relay } = startRelay();
      const applied = relay.apply(
        policyOf(doors.map(({ endpoint }) => ({ listen: endpoint, target: terminal.endpoint }))),
      );
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await relay.drain(0);
      await applied;
      assert.deepEqual(
        doors.map(isListening),
        doors.map(() => false),
      );
    });
});

/** Does something while somebody else listens there. */
async function whileTaken(places: readonly Place[], use: () => Promise<void>): Promise<void> {
  await using squatters = new AsyncDisposableStack();
  for (const { host, port } of places) squatters.use(await listen(() => undefined, { host, port }));
  await use();
}

/** Says something through a door before an echoing terminal, and returns what came back. */
async function echoed(to: Place, words: string): Promise<string> {
  const socket: Socket = connect({ host: to.host, port: to.port, allowHalfOpen: true });
  const seen = ending(socket);
  socket.end(words);
  const { by, bytes } = await seen;
  return by === "end" ? bytes.toString() : by;
}

test("opening many doors lets the loop turn, so that those inside are served meanwhile", async () => {
  await using started = startRelay();
  const host = loopbackAddress();
  const target = { address: ipv4(loopbackAddress()), port: 8_888 };
  const flows = Array.from({ length: 640 }, (_, index) => ({
    listen: { address: ipv4(host), port: 20_000 + index },
    target,
  }));
  let turns = 0;
  let opening = true;
  const turn = (): void => {
    turns += 1;
    if (opening) setImmediate(turn);
  };
  setImmediate(turn);
  assert.equal((await started.relay.apply(policyOf(flows))).open, 640);
  opening = false;
  assert.ok(turns >= 20, `${turns} turns while 640 doors were opened`);
});
