/** A temporary grant ends when people were told, and never later than that by a clock that nobody sets. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { manualClock } from "../support/clock.ts";
import { dial, ending, listen, until } from "../support/loopback.ts";
import { type Running, running } from "../commands/running.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 11, 1, 12);
/** The wall clock may be late by this without being thought to have been set. */
const SLACK = 1_500;

suite("a grant for two hours", { timeout: 180_000 }, () => {
  test("whose clock is set back after one: those inside are out, and nobody enters, when two have passed", async () => {
    await using scene = await granted();
    const { clock, gateway, enters } = scene;
    const [door] = gateway.site.doors;
    assert.ok(door);
    const inside = await dial({ ...door, from: gateway.site.stranger });
    const cut = ending(inside);
    clock.pass(HOUR);
    clock.setWall(START);
    assert.equal(await enters(), true, "half of its time is left");
    clock.pass(HOUR + SLACK);
    assert.equal((await cut).by, "ECONNRESET");
    assert.equal(await enters(), false);
    await until(() => gateway.told.some((event) => event.event === "changed" && event.what === "revoked"), "the word");
    assert.deepEqual(await gateway.json("grants"), { list: [], aside: [] });
    // Whatever is applied later does not bring it back.
    gateway.write((text) => `${text}\n`);
    await gateway.ecluse("apply");
    assert.equal(await enters(), false);
  });

  test("whose clock is set back once it has ended: it does not come back", async () => {
    await using scene = await granted();
    const { clock, gateway, enters } = scene;
    clock.pass(2 * HOUR + SLACK);
    assert.equal(await enters(), false);
    clock.setWall(START);
    clock.pass(SLACK);
    await until(() => gateway.told.some((event) => event.event === "changed" && event.what === "revoked"), "the word");
    assert.equal(await enters(), false);
  });

  test("whose clock is set forward: over by the wall clock, and again in force where that was a slip", async () => {
    await using scene = await granted();
    const { clock, enters } = scene;
    clock.setWall(START + 3 * HOUR);
    assert.equal(await enters(), false);
    clock.setWall(START);
    assert.equal(await enters(), true);
  });

  test("whose clock is left alone ends without a word: the policy knew its end", async () => {
    await using scene = await granted();
    const { clock, gateway, enters } = scene;
    clock.pass(2 * HOUR - 1);
    assert.equal(await enters(), true);
    clock.pass(1);
    assert.equal(await enters(), false);
    clock.pass(HOUR);
    assert.deepEqual(
      gateway.told.flatMap((event) => (event.event === "changed" ? [event.what] : [])),
      ["granted"],
    );
  });
});

async function granted(): Promise<
  {
    readonly clock: ReturnType<typeof manualClock>;
    readonly gateway: Running;
    readonly enters: () => Promise<boolean>;
  } & AsyncDisposable
> {
  const clock = manualClock(START);
  const target = await listen((socket) => socket.resume().on("end", () => socket.end()));
  const gateway = await running([target], {
    clock,
    edit: (text) =>
      text.replace("allow: [till]", "allow: [till], onRevoke: cut").replace("limits: {", "limits: { idle: 24h"),
  });
  const { site, ecluse } = gateway;
  const [door] = site.doors;
  assert.ok(door);
  await ecluse("grant", site.stranger, "door1", "--for", "2h", "--reason", "a test");
  return {
    ...{ clock, gateway, enters: () => comesAndGoes({ ...door, from: site.stranger }) },
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

/** Whether a connection is relayed to the target, which ends with its client. */
async function comesAndGoes(to: {
  readonly host: string;
  readonly port: number;
  readonly from: string;
}): Promise<boolean> {
  const socket = connect({ host: to.host, port: to.port, localAddress: to.from, allowHalfOpen: true });
  socket.end("?");
  return (await ending(socket)).by === "end";
}
