/** However sessions end, nothing of them is left: no descriptor, no place, no count. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { test } from "node:test";
import type { OpenDoor } from "../support/relay.ts";
import { listen, until } from "../support/loopback.ts";
import { freeEndpoint, openDoor } from "../support/relay.ts";

const SESSIONS = 2_000;
/** Clients side by side. */
const AT_ONCE = 20;
/** Of the source, of the terminal, of the gateway: none may be lost. */
const PLACES = 100;

/** How a client and its terminal may part; a terminal reads the way from the client's first byte. */
const PARTINGS: readonly ((client: Socket) => void)[] = [
  (client) => client.end("e"),
  (client) => client.write("E"),
  (client) => client.write("R"),
  (client) => client.write("w"),
  (client) => client.write("e", () => client.resetAndDestroy()),
  (client) => client.write("e", () => client.destroy()),
  (client) => client.resetAndDestroy(),
  (client) => client.end(),
  (client) => client.destroy(),
  (client) => client.end("e", () => client.resetAndDestroy()),
  (client) => client.end("W", () => setImmediate(() => client.resetAndDestroy())),
  (client) => client.end("E", () => client.destroy()),
];

/** e: answers and ends after the client; E: ends at once; R: resets; w: writes, ends, resets; W: the same, a turn later. */
function part(socket: Socket): void {
  socket.write("welcome");
  socket.on("data", (words: Buffer) => {
    const way = words.toString();
    if (way.startsWith("E")) socket.end("bye");
    if (way.startsWith("R")) socket.resetAndDestroy();
    if (way.startsWith("w")) socket.end("bye", () => socket.resetAndDestroy());
    if (way.startsWith("W")) socket.end("bye", () => setImmediate(() => socket.resetAndDestroy()));
  });
  socket.on("end", () => socket.end("answer"));
}

test(`${SESSIONS} sessions of every ending: descriptors, places and counts are back where they were`, async () => {
  const limits = { perSource: PLACES, sessions: PLACES, halfClosed: 500, idle: 2_000 };
  await using terminal = await listen(part);
  await using door = await openDoor(terminal, { limits, sessions: PLACES });
  await meet(door, AT_ONCE);
  const before = descriptors();
  await meet(door, SESSIONS);
  assert.ok(door.ended.length > 0.7 * SESSIONS, `${door.ended.length} sessions, ${door.refused.length} refused`);
  await until(() => terminal.count.open === 0, "the terminal alone again");
  await until(() => descriptors() <= before, `descriptors back at ${before}`);
  await isEmpty(door);
});

test("sessions cut by a policy in the middle of everything leave nothing either", async () => {
  const heard = new Signal();
  await using terminal = await listen((socket) => {
    part(socket);
    for (const event of ["data", "end"]) socket.on(event, () => heard.fire());
  });
  await using door = await openDoor(terminal, { limits: { perSource: PLACES, halfClosed: 500, idle: 2_000 } });
  await meet(door, AT_ONCE);
  const before = descriptors();
  for (let round = 0; round < 60; round += 1) {
    const met = meet(door, 3 * AT_ONCE);
    // Each time after some more words have been heard, and in the very turn of the last: perhaps a FIN is being passed on
    // in it, and libuv refuses to reset a connection until it has been.
    for (let count = 0; count < round % 20; count += 1) await Promise.race([heard.next(), met]);
    await door.apply({ allow: [], onRevoke: "cut" });
    await door.apply();
    await met;
  }
  await until(() => descriptors() <= before, `descriptors back at ${before}`);
  await isEmpty(door);
});

test("dials that fail leave nothing", async () => {
  await using door = await openDoor(await freeEndpoint(), { sessions: PLACES, limits: { perSource: PLACES } });
  await meet(door, AT_ONCE);
  const before = descriptors();
  await meet(door, 300);
  await until(() => descriptors() <= before, `descriptors back at ${before}`);
  await isEmpty(door);
});

/** Something that happens again and again, and is waited for one time after the other. */
class Signal {
  #next = Promise.withResolvers<undefined>();

  next(): Promise<undefined> {
    return this.#next.promise;
  }

  fire(): void {
    this.#next.resolve(undefined);
    this.#next = Promise.withResolvers();
  }
}

/** Lets so many clients come and part, some at once, each in the next of the ways. Each is told of exactly once. */
async function meet(door: OpenDoor, count: number): Promise<void> {
  const told = (): number => door.ended.length + door.refused.length;
  const expected = told() + count;
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const way = PARTINGS[next % PARTINGS.length] ?? assert.fail();
      // One in four leaves before it has heard the terminal, perhaps before it has been accepted.
      const early = next % 4 === 0;
      next += 1;
      await visit(door, way, early);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  await until(() => door.relay.sessions === 0 && told() >= expected, "every session's end");
  assert.equal(told(), expected);
}

/** One client from its connection to its close. */
function visit(door: OpenDoor, leave: (client: Socket) => void, early: boolean): Promise<void> {
  return new Promise((resolve) => {
    const client = connect({ host: door.host, port: door.port, allowHalfOpen: true });
    client.on("error", () => undefined).on("close", () => resolve());
    client.on("data", () => undefined).on("end", () => client.end());
    client.once(early ? "connect" : "data", () => leave(client));
  });
}

/** As many as the limits allow come in again, which they could not if one of the lost were still counted. */
async function isEmpty(door: OpenDoor): Promise<void> {
  assert.equal(door.relay.sessions, 0);
  const refused = door.refused.length;
  const ended = door.ended.length;
  const clients = Array.from({ length: PLACES }, () => connect({ host: door.host, port: door.port }));
  for (const client of clients) client.on("error", () => undefined);
  await until(() => door.relay.sessions + door.ended.length - ended >= PLACES, "everybody inside");
  assert.equal(door.refused.length, refused);
  for (const client of clients) client.resetAndDestroy();
  await until(() => door.relay.sessions === 0, "the last ones gone");
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
