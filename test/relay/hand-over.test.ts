/** Two engines of one gateway, as two processes have them: one decides, the other carries. What they say is plain data. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import type { HandedOver, SessionReport, TakenOver } from "../../src/engine/handover.ts";
import { manualClock } from "../support/clock.ts";
import {
  dial,
  ending,
  heardOut,
  isListening,
  knock,
  listen,
  loopbackAddress,
  says,
  turns,
  until,
} from "../support/loopback.ts";
import { type OpenDoor, type TestRelay, openDoor, policyOf, startRelay } from "../support/relay.ts";
import { soloTerminal } from "../support/solo-terminal.ts";

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

interface Pair {
  readonly next: TestRelay;
  readonly handed: HandedOver;
  readonly taken: TakenOver;
}

/** The old one's doors stay open: the next one finds them taken, and tries again until `close`. */
async function handOver(old: TestRelay, next: TestRelay, policy: Parameters<TestRelay["relay"]["apply"]>[0]) {
  const early: SessionReport[] = [];
  let report = (said: SessionReport): void => void early.push(said);
  const handed = old.relay.handOver((said) => report(plain(said)));
  await next.relay.apply(policy);
  const taken = next.relay.takeOver(plain(handed.sessions), (order) => handed.obey(plain(order)));
  report = (said) => taken.reported(said);
  for (const said of early) report(said);
  await taken.opened;
  return { next, handed, taken } satisfies Pair;
}

function echo(socket: Socket): void {
  socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
}

/** Disposing of the door may reset it. */
async function enter(at: Parameters<typeof dial>[0]): Promise<Socket> {
  const client = await dial(at);
  return client.on("error", () => undefined);
}

function policyFor(
  door: OpenDoor,
  target: { readonly endpoint: Parameters<typeof openDoor>[0]["endpoint"] },
  more = {},
) {
  return policyOf([{ listen: door.endpoint, target: target.endpoint, ...more }]);
}

suite("hand-over", { timeout: 180_000 }, () => {
  test("who enters at the old doors meanwhile gets a place from the new process, and each session is told of once", async () => {
    await using target = await listen(echo);
    await using door = await openDoor(target);
    await using next = startRelay({ standby: true });
    const before = await enter(door);
    await says(before, "a");
    const { handed } = await handOver(door, next, policyFor(door, target));
    const meanwhile = await enter(door);
    assert.equal(await says(meanwhile, "b"), "b");
    assert.equal(next.relay.sessions, 2);
    handed.close();
    await until(() => next.unblocked.length === 1, "the door is the next one's");
    const after = await enter(door);
    assert.equal(await says(after, "c"), "c");
    assert.deepEqual([door.relay.sessions, next.relay.sessions], [2, 3]);
    for (const client of [before, meanwhile, after]) client.end();
    await until(() => next.ended.length === 3, "all three");
    assert.deepEqual(
      next.ended.map(({ outcome }) => outcome),
      ["closed", "closed", "closed"],
    );
    assert.deepEqual([door.ended, next.relay.sessions, await handed.finished], [[], 0, { cut: 0 }]);
  });

  test("a stranger at the old doors is refused, and counted by the new process", async () => {
    await using target = await listen(echo);
    await using door = await openDoor(target, { allow: ["127.0.0.0/16"] });
    await using next = startRelay({ standby: true });
    await handOver(door, next, policyFor(door, target, { allow: ["127.0.0.0/16"] }));
    assert.equal(await knock({ ...door, from: "127.9.9.9" }), "ECONNRESET");
    await until(() => next.refused.length === 1, "the refusal");
    assert.deepEqual([next.refused[0]?.reason, door.refused, target.count.total], ["not-listed", [], 0]);
  });

  test("one place, a line before it, two processes: first come, first served, never two at the terminal", async () => {
    await using target = await soloTerminal();
    const spec = { sessions: 1, queue: { length: 4, wait: 20_000 } };
    await using door = await openDoor(target, spec);
    await using next = startRelay({ standby: true });
    const served: string[] = [];
    const till = async (name: string): Promise<Socket> => {
      const client = await enter(door);
      client.write(name);
      client.on("data", () => served.push(name));
      return client;
    };
    const first = await till("first");
    await until(() => served.length === 1, "the first is served");
    const second = await till("second");
    await until(() => door.relay.sessions === 2, "the second waits");
    const { handed } = await handOver(door, next, policyFor(door, target, spec));
    const third = await till("third");
    await until(() => next.relay.sessions === 3, "the third waits");
    handed.close();
    await until(() => next.unblocked.length === 1, "the door is the next one's");
    const fourth = await till("fourth");
    await until(() => next.relay.sessions === 4, "the fourth waits");
    for (const [index, client] of [first, second, third, fourth].entries()) {
      await until(() => served.length === index + 1, `the ${index + 1}th is served`);
      client.end();
    }
    assert.deepEqual(served, ["first", "second", "third", "fourth"]);
    assert.equal(target.seen.two, 0);
    await until(() => next.relay.sessions === 0 && door.relay.sessions === 0, "all have left");
  });

  test("at a limit of one, who comes back at once waits for the close that it cannot see", async () => {
    await using target = await soloTerminal({ pace: 600 });
    await using door = await openDoor(target, { sessions: 1 });
    await using next = startRelay({ standby: true });
    const client = await enter(door);
    await says(client, "pay");
    const { handed } = await handOver(door, next, policyFor(door, target, { sessions: 1 }));
    handed.close();
    await until(() => next.unblocked.length === 1, "the door is the next one's");
    client.end();
    const again = await enter(door);
    assert.equal(await says(again, "pay"), "answer");
    assert.equal(target.seen.two, 0);
  });

  test("a right that goes takes effect in the old process, and one that comes back is one again", async () => {
    await using target = await listen(echo);
    const till = loopbackAddress();
    await using door = await openDoor(target, { allow: [till], onRevoke: "drain" });
    await using next = startRelay({ standby: true });
    const client = await enter({ ...door, from: till });
    await says(client, "a");
    const { handed, taken } = await handOver(door, next, policyFor(door, target, { allow: [till], onRevoke: "drain" }));
    handed.close();
    const leaving = async (): Promise<boolean | undefined> => {
      await taken.refresh();
      return next.relay.openSessions[0]?.leaving;
    };
    await next.relay.apply(policyFor(door, target, { allow: ["127.9.9.9"], onRevoke: "drain" }));
    assert.equal(await leaving(), true);
    await next.relay.apply(policyFor(door, target, { allow: [till], onRevoke: "drain" }));
    assert.equal(await leaving(), false);
    const end = ending(client);
    await next.relay.apply(policyFor(door, target, { allow: ["127.9.9.9"], onRevoke: "cut" }));
    assert.equal((await end).by, "ECONNRESET");
    await until(() => next.ended.length === 1, "told of");
    assert.equal(next.ended[0]?.outcome, "revoked");
  });

  test("resumed, the old one decides again: as if nothing had been handed over", async () => {
    await using target = await soloTerminal();
    const spec = { sessions: 1, queue: { length: 4, wait: 20_000 } };
    await using door = await openDoor(target, spec);
    const client = await enter(door);
    await says(client, "pay");
    // Whoever was to take over says nothing.
    const handed = door.relay.handOver(() => undefined);
    const waiting = await enter(door);
    waiting.write("pay");
    await until(() => door.relay.sessions === 2, "it waits for somebody to decide");
    handed.resume();
    client.end();
    await once(waiting, "data");
    assert.deepEqual(target.seen, { two: 0, requests: 2 });
    assert.equal(isListening(door), true);
    waiting.end();
    await until(() => door.ended.length >= 2, "told of by the old one");
  });

  test("left alone, the old one ends who waits, and judges those inside by what it knows", async () => {
    await using target = await listen(echo);
    const clock = manualClock();
    const allow = [{ source: "127.0.0.0/8", until: clock.wall() + 30_000 }];
    await using door = await openDoor(target, { allow, onRevoke: "cut", clock });
    const client = await enter(door);
    await says(client, "a");
    const end = ending(client);
    const handed = door.relay.handOver(() => undefined);
    handed.close();
    await turns(5);
    handed.alone();
    clock.pass(29_000);
    assert.equal(await says(client, "b"), "b");
    clock.pass(2_000);
    assert.equal((await end).by, "ECONNRESET");
    await handed.finished;
    assert.equal(door.ended[0]?.outcome, "expired");
  });

  test("while another decides, the old one ends nobody by its own rules", async () => {
    await using target = await listen(echo);
    const clock = manualClock();
    const allow = [{ source: "127.0.0.0/8", until: clock.wall() + 30_000 }];
    await using door = await openDoor(target, { allow, onRevoke: "cut", clock });
    await using next = startRelay({ standby: true });
    const client = await enter(door);
    await says(client, "a");
    const { handed } = await handOver(door, next, policyFor(door, target));
    handed.close();
    // The grant is over, by the old policy.
    clock.pass(31_000);
    assert.equal(await says(client, "b"), "b");
  });

  test("a chain: orders reach the first of three, and its reports the last", async () => {
    await using target = await listen(echo);
    await using door = await openDoor(target, { onRevoke: "cut" });
    await using second = startRelay({ standby: true });
    await using third = startRelay({ standby: true });
    const client = await enter(door);
    await says(client, "a");
    const one = await handOver(door, second, policyFor(door, target, { onRevoke: "cut" }));
    one.handed.close();
    const two = await handOver(second, third, policyFor(door, target, { onRevoke: "cut" }));
    two.handed.close();
    await says(client, "bc");
    await two.taken.refresh();
    assert.equal(third.relay.openSessions[0]?.bytesToTarget, 3);
    const end = ending(client);
    await third.relay.apply(policyFor(door, target, { allow: ["127.9.9.9"], onRevoke: "cut" }));
    assert.equal((await end).by, "ECONNRESET");
    await until(() => third.ended.length === 1, "told of by the third");
    assert.deepEqual([door.ended, second.ended, third.ended[0]?.outcome], [[], [], "revoked"]);
    assert.deepEqual(await Promise.all([one.handed.finished, two.handed.finished]), [{ cut: 0 }, { cut: 0 }]);
  });

  test("lost with the process that carried them, sessions are told of and give their places back", async () => {
    await using target = await soloTerminal();
    await using door = await openDoor(target, { sessions: 1 });
    await using next = startRelay({ standby: true });
    const client = await enter(door);
    await says(client, "pay");
    const { handed, taken } = await handOver(door, next, policyFor(door, target, { sessions: 1 }));
    handed.close();
    await until(() => next.unblocked.length === 1, "the door is the next one's");
    taken.lost();
    assert.deepEqual([next.ended[0]?.outcome, next.ended[0]?.cause, next.relay.sessions], ["reset", "process-gone", 0]);
    const another = await enter(door);
    assert.equal(await says(another, "pay"), "answer");
    client.destroy();
  });

  test("who is still being introduced when the doors change hands enters, and the old process waits for it", async () => {
    await using target = await listen(echo);
    const spec = { acceptProxy: ["127.0.0.0/8"] };
    await using door = await openDoor(target, spec);
    await using next = startRelay({ standby: true });
    const client = await enter(door);
    client.write("PROXY TCP4 ");
    await heardOut(client, door);
    assert.deepEqual(door.relay.openSessions, []);
    const { handed } = await handOver(door, next, policyFor(door, target, spec));
    handed.close();
    const finished = handed.finished.then(() => [door.relay.sessions, next.ended.length]);
    client.write("127.0.0.5 127.0.0.6 1234 80\r\n");
    assert.equal(await says(client, "a"), "a");
    client.end();
    assert.deepEqual(await finished, [0, 1]);
  });

  test("a right that goes and comes back at once was never gone, though nobody asked how far the session was", async () => {
    await using target = await listen(echo);
    const till = loopbackAddress();
    const spec = { allow: [till], onRevoke: "drain" } as const;
    await using door = await openDoor(target, spec);
    await using next = startRelay({ standby: true });
    const client = await enter({ ...door, from: till });
    await says(client, "a");
    const { handed, taken } = await handOver(door, next, policyFor(door, target, spec));
    handed.close();
    await next.relay.apply(policyFor(door, target, { ...spec, allow: ["127.9.9.9"] }));
    await next.relay.apply(policyFor(door, target, spec));
    await taken.refresh();
    assert.equal(next.relay.openSessions[0]?.leaving, false);
    client.end();
  });

  test("a chain: the last of three hears that a session in the first is closing, and who comes back waits for it", async () => {
    await using target = await soloTerminal({ pace: 600 });
    const spec = { sessions: 1 };
    await using door = await openDoor(target, spec);
    await using second = startRelay({ standby: true });
    await using third = startRelay({ standby: true });
    const client = await enter(door);
    await says(client, "pay");
    const one = await handOver(door, second, policyFor(door, target, spec));
    one.handed.close();
    await until(() => second.unblocked.length === 1, "the door is the second one's");
    const two = await handOver(second, third, policyFor(door, target, spec));
    two.handed.close();
    await until(() => third.unblocked.length === 1, "the door is the third one's");
    client.end();
    const again = await enter(door);
    assert.equal(await says(again, "pay"), "answer");
    assert.equal(target.seen.two, 0);
  });

  test("resumed, the old one tells of who ended and who was refused meanwhile", async () => {
    await using target = await listen(echo);
    await using door = await openDoor(target, { allow: ["127.0.0.0/16"] });
    const client = await enter(door);
    await says(client, "a");
    const handed = door.relay.handOver(() => undefined);
    client.end();
    assert.equal(await knock({ ...door, from: "127.9.9.9" }), "ECONNRESET");
    await until(() => door.relay.sessions === 0, "it has ended");
    handed.resume();
    assert.deepEqual(
      [door.ended.map(({ outcome }) => outcome), door.refused.map(({ reason }) => reason)],
      [["closed"], ["not-listed"]],
    );
  });

  test("told to stop before its doors were taken, the old one is finished when its last session has ended", async () => {
    await using target = await listen(echo);
    await using door = await openDoor(target);
    await using next = startRelay({ standby: true });
    const client = await enter(door);
    await says(client, "a");
    const { handed } = await handOver(door, next, policyFor(door, target));
    const drained = door.relay.drain(5_000);
    handed.close();
    client.end();
    assert.deepEqual(await Promise.all([drained, handed.finished]), [{ cut: 0 }, { cut: 0 }]);
  });
});
