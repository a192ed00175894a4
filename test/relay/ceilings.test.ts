/** Limits on how many: of one source, of the gateway, of the process. Those inside go on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import { dial, ending, knock, listen, until } from "../support/loopback.ts";
import { type DoorOptions, openDoor } from "../support/relay.ts";

const HERE = "127.64.20.1";
const THERE = "127.64.20.2";

/** Two descriptors each, 64 in reserve, one door: room for two. */
const FOR_TWO = 64 + 1 + 2 * 2;

const ceilings: readonly { readonly name: string; readonly reason: string; readonly options: DoorOptions }[] = [
  { name: "sessions of one source", reason: "source", options: { limits: { perSource: 2 } } },
  { name: "sessions of the gateway", reason: "sessions", options: { limits: { sessions: 2 } } },
  { name: "descriptors of the process", reason: "descriptors", options: { descriptors: FOR_TWO } },
];

suite("at the limit of", () => {
  for (const { name, reason, options } of ceilings)
    test(`${name}: one more sees RST and is counted, costs no dial, and those inside go on`, async () => {
      await using terminal = await listen((socket) => socket.pipe(socket));
      await using door = await openDoor(terminal, options);
      const inside = [await enter({ ...door, from: HERE }), await enter({ ...door, from: HERE })];
      for (let count = 1; count <= 5; count += 1) {
        assert.equal(await knock({ ...door, from: HERE }), "ECONNRESET");
        assert.equal(door.refused.length, count);
      }
      for (const refusal of door.refused)
        assert.deepEqual([refusal.outcome, refusal.reason, refusal.flow], ["overload", reason, "flow/test-0"]);
      assert.equal(terminal.count.total, 2);
      for (const client of inside) await assertTalks(client);
      // One leaves, one may come; and the limit is what it was.
      inside.shift()?.end();
      await until(() => door.relay.sessions === 1, "one gone");
      inside.push(await enter({ ...door, from: HERE }));
      assert.equal(await knock({ ...door, from: HERE }), "ECONNRESET");
      for (const client of inside) client.destroy();
      await until(() => door.relay.sessions === 0, "all gone");
    });

  test("one source, another source still enters", async () => {
    await using terminal = await listen((socket) => socket.pipe(socket));
    await using door = await openDoor(terminal, { limits: { perSource: 1 } });
    const inside = [await enter({ ...door, from: HERE }), await enter({ ...door, from: THERE })];
    for (const from of [HERE, THERE]) assert.equal(await knock({ ...door, from }), "ECONNRESET");
    for (const client of inside) await assertTalks(client);
    for (const client of inside) client.destroy();
  });

  test("a refused stranger takes nobody's place", async () => {
    await using terminal = await listen((socket) => socket.pipe(socket));
    await using door = await openDoor(terminal, { allow: [HERE], limits: { sessions: 1, perSource: 1 } });
    for (let count = 0; count < 20; count += 1) assert.equal(await knock({ ...door, from: THERE }), "ECONNRESET");
    const client = await enter({ ...door, from: HERE });
    client.destroy();
    assert.ok(door.refused.every(({ outcome }) => outcome === "denied"));
  });

  test("a lower limit in a new policy cuts nobody, and holds for who comes", async () => {
    await using terminal = await listen((socket) => socket.pipe(socket));
    await using door = await openDoor(terminal);
    const inside = [await enter(door), await enter(door), await enter(door)];
    await door.apply({}, { sessions: 1 });
    for (const client of inside) await assertTalks(client);
    assert.equal(await knock(door), "ECONNRESET");
    for (const client of inside) client.destroy();
    await until(() => door.relay.sessions === 0, "all gone");
    (await enter(door)).destroy();
  });
});

/** A client that is through to an echoing terminal. */
async function enter(to: { host: string; port: number; from?: string }): Promise<Socket> {
  const client = await dial(to);
  client.on("error", () => undefined);
  await assertTalks(client);
  return client;
}

async function assertTalks(client: Socket): Promise<void> {
  const heard = once(client, "data");
  client.write("still here");
  assert.equal(String((await heard)[0]), "still here");
}

test("the place of a source is given back however its session ends", async () => {
  await using terminal = await listen((socket) => socket.pipe(socket));
  await using door = await openDoor(terminal, { limits: { perSource: 1 } });
  const ways = ["end", "destroy", "resetAndDestroy"] as const;
  for (const leave of [...ways, ...ways, ...ways]) {
    const client = await enter(door);
    const seen = ending(client);
    client[leave]();
    if (leave === "end") await seen;
    await until(() => door.relay.sessions === 0, `the end by ${leave}`);
  }
  assert.deepEqual(door.refused, []);
});
