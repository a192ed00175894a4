/** What is told of a session: who, where, how long, how much, how it ended and by whom. Never what was said. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { OUTCOMES, type SessionRecord } from "../../src/engine/records.ts";
import { manualClock } from "../support/clock.ts";
import { type Place, dial, ending, ipv4, knock, pause, procSocket, settled, until } from "../support/loopback.ts";
import { type Pair, through } from "../support/pair.ts";
import { type DoorOptions, type OpenDoor, freeEndpoint, openDoor } from "../support/relay.ts";

const TILL = "127.64.30.1";
const NOON = Date.UTC(2026, 11, 1, 12);
const CARD = "AA0165017670000000018";
const MINUTE = 60_000;
const LIMITS = { idle: 20 * MINUTE, halfClosed: MINUTE, stalled: MINUTE, drain: MINUTE };

suite("the record of a session", () => {
  const endings: readonly {
    readonly name: string;
    readonly end: (pair: Pair & { readonly pass: (time: number) => void }) => unknown;
    readonly is: Pick<SessionRecord, "outcome" | "by" | "cause">;
    readonly after?: number;
    readonly options?: DoorOptions;
  }[] = [
    {
      name: "closed by the client",
      end: async ({ client, target }) => {
        const seen = ending(target);
        client.end();
        await seen;
        target.end();
      },
      is: { outcome: "closed", by: "client" },
    },
    {
      name: "closed by the target",
      end: async ({ client, target }) => {
        const seen = ending(client);
        target.end();
        await seen;
        client.end();
      },
      is: { outcome: "closed", by: "target" },
    },
    {
      name: "reset by the client",
      end: ({ client }) => client.resetAndDestroy(),
      is: { outcome: "reset", by: "client", cause: "ECONNRESET" },
    },
    {
      name: "reset by the target",
      end: ({ target }) => target.resetAndDestroy(),
      is: { outcome: "reset", by: "target", cause: "ECONNRESET" },
    },
    {
      name: "idle",
      end: ({ pass }) => pass(LIMITS.idle),
      is: { outcome: "idle", by: "gateway" },
      after: LIMITS.idle,
    },
    {
      name: "half-closed",
      end: async ({ client, target, pass }) => {
        const seen = ending(client);
        target.end();
        await seen;
        pass(LIMITS.halfClosed + 1_000);
      },
      is: { outcome: "half-closed", by: "gateway" },
      after: LIMITS.halfClosed,
    },
    {
      name: "revoked",
      end: ({ door }) => door.apply({ allow: [], onRevoke: "cut" }),
      is: { outcome: "revoked", by: "gateway" },
    },
    {
      name: "expired",
      end: ({ pass }) => pass(MINUTE),
      is: { outcome: "expired", by: "gateway" },
      after: MINUTE,
      options: { allow: [{ source: `${TILL}/32`, until: NOON + MINUTE }], onRevoke: "cut" },
    },
    {
      name: "drained",
      end: ({ door }) => door.relay.drain(0),
      is: { outcome: "drained", by: "gateway" },
    },
  ];

  for (const { name, end, is, after = 0, options } of endings)
    test(name, async () => {
      const clock = manualClock(NOON);
      const door = { clock, limits: LIMITS, allow: [`${TILL}/32`], id: "depot22-tpe01", ...options };
      await using pair = await through({ ...door, from: TILL });
      clock.pass(1_234);
      await end({ ...pair, pass: clock.pass });
      const record = await onlyRecord(pair.door);
      assert.ok(record.duration >= after + 1_234 && record.duration < after + 3_000, `${record.duration} ms`);
      assert.deepEqual(record, {
        duration: record.duration,
        flow: "depot22-tpe01",
        endpoint: pair.door.endpoint,
        source: ipv4(TILL),
        target: pair.terminal.endpoint,
        rule: `${TILL}/32`,
        startedAt: NOON,
        dial: 0,
        bytesToTarget: 1,
        bytesToClient: 1,
        ...is,
      });
    });
});

suite("bytes", () => {
  test("are counted each way, to the last one", async () => {
    await using pair = await through();
    const [request, answer] = [Buffer.alloc(1_234_567, "q"), Buffer.alloc(3_456_789, "a")];
    const asked = ending(pair.target);
    pair.client.end(request);
    assert.equal((await asked).bytes.length, request.length);
    const answered = ending(pair.client);
    pair.target.end(answer);
    assert.equal((await answered).bytes.length, answer.length);
    const { bytesToTarget, bytesToClient } = await onlyRecord(pair.door);
    // One byte each way before.
    assert.deepEqual([bytesToTarget, bytesToClient], [request.length + 1, answer.length + 1]);
  });

  test("that were read but could not be handed on are not counted as delivered", async () => {
    await using pair = await through();
    const { client, target, door } = pair;
    client.pause();
    for (let count = 0; count < 32; count += 1) target.write(Buffer.alloc(1024 * 1024));
    await settled(() => target.bytesWritten - target.writableLength);
    // What the systems of both ends hold, and what the client has read: nothing else was handed on.
    const place = { host: "127.0.0.1", port: client.localPort ?? 0 };
    const handedOn = queues(door, place).sending + queues(place, door).received + client.bytesRead;
    await door.relay.drain(0);
    const { bytesToClient } = await onlyRecord(door);
    assert.ok(bytesToClient <= handedOn, `${bytesToClient} of ${handedOn}`);
    // A chunk that was handed on in part is not counted.
    assert.ok(bytesToClient > handedOn - 2 * 65_536, `${bytesToClient} of ${handedOn}`);
  });

  test("that a terminal which is gone could not take are not counted", async () => {
    await using pair = await through({ limits: { halfClosed: 400 } });
    const { client, target, door } = pair;
    const seen = ending(client);
    target.end();
    await seen;
    // The terminal has said all it had to say and is gone; what comes now reaches nobody.
    target.resetAndDestroy();
    await until(() => pair.terminal.count.open === 0, "the terminal gone");
    for (let count = 0; count < 20; count += 1) {
      client.write("x".repeat(1_000));
      await pause(5);
    }
    const { bytesToTarget } = await onlyRecord(door);
    // The first writes are what shows that it is gone.
    assert.ok(bytesToTarget < 10_000, `${bytesToTarget} bytes`);
  });
});

test("nothing of what was said is in a record or a refusal", async () => {
  await using pair = await through({ sessions: 1 });
  const seen = ending(pair.client);
  const asked = ending(pair.target);
  // One more who speaks at once, and is refused.
  const late = await dial(pair.door);
  late.write(CARD);
  assert.equal((await ending(late)).by, "ECONNRESET");
  pair.client.end(CARD);
  await asked;
  pair.target.end(CARD);
  assert.equal((await seen).bytes.toString(), CARD);
  await onlyRecord(pair.door);
  const nobody = await freeEndpoint();
  await using unreachable = await openDoor(nobody);
  const lost = await dial(unreachable);
  lost.write(CARD);
  await ending(lost);
  await until(() => unreachable.ended.length === 1, "the record of the failed dial");
  const told = JSON.stringify([pair.door.ended, pair.door.refused, unreachable.ended]);
  assert.equal(pair.door.refused.length, 1);
  for (const part of [CARD, CARD.slice(7), Buffer.from(CARD).toString("base64"), Buffer.from(CARD).toString("hex")])
    assert.equal(told.includes(part), false);
});

test("outcomes and refusals are words of the closed list", async () => {
  await using pair = await through({ sessions: 1 });
  assert.equal(await knock(pair.door), "ECONNRESET");
  await pair.door.relay.drain(0);
  for (const { outcome } of [...pair.door.ended, ...pair.door.refused]) assert.ok(OUTCOMES.includes(outcome));
});

async function onlyRecord(door: OpenDoor): Promise<SessionRecord> {
  await until(() => door.ended.length > 0 && door.relay.sessions === 0, "the record");
  assert.equal(door.ended.length, 1);
  const [record] = door.ended;
  assert.ok(record);
  return record;
}

/** Bytes in a connection's two queues, as the system shows them: `tx:rx`. */
function queues(from: Place, to: Place): { readonly sending: number; readonly received: number } {
  const [sending, received] = (procSocket(from, to)[4] ?? "").split(":").map((hex) => Number.parseInt(hex, 16));
  return { sending: sending ?? 0, received: received ?? 0 };
}
