/** A changed policy, or the hour, also judges those already inside. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import type { OnRevoke } from "../../src/inventory/model.ts";
import { busyHost } from "../support/busy-host.ts";
import { manualClock } from "../support/clock.ts";
import { dial, ending, knock, listen, until } from "../support/loopback.ts";
import { type Pair, through } from "../support/pair.ts";
import { type DoorOptions, freeEndpoint, openDoor, policyOf, startRelay } from "../support/relay.ts";

const TILL = "127.64.10.1";
const OTHER = "127.64.10.2";
const LIMITS = { drain: 200_000, idle: 10_000_000 };
const NOON = Date.UTC(2026, 11, 1, 12);

/** The till inside, by a clock that only the test moves. */
async function inside(options: DoorOptions = {}): Promise<Pair & { readonly clock: ReturnType<typeof manualClock> }> {
  const clock = manualClock(NOON);
  return { ...(await through({ clock, limits: LIMITS, allow: ["127.0.0.0/8"], ...options })), clock };
}

async function assertTalks({ client, target }: { readonly client: Socket; readonly target: Socket }): Promise<void> {
  const [asked, answered] = [once(target, "data"), once(client, "data")];
  client.write("request");
  assert.equal(String((await asked)[0]), "request");
  target.write("answer");
  assert.equal(String((await answered)[0]), "answer");
}

async function assertCut(pair: Pair, outcome: string, whenGone: () => void = () => undefined): Promise<void> {
  const seen = [ending(pair.client), ending(pair.target)];
  whenGone();
  for (const { by } of await Promise.all(seen)) assert.equal(by, "ECONNRESET");
  await until(() => pair.door.ended.length > 0, "the record");
  const record = pair.door.ended.at(-1);
  assert.deepEqual([record?.outcome, record?.by], [outcome, "gateway"]);
}

suite("a policy applied with sessions open", () => {
  test("that grants the same right: nobody is touched, twice", async () => {
    await using pair = await inside();
    for (let count = 0; count < 2; count += 1) {
      await pair.door.apply();
      await assertTalks(pair);
    }
    pair.clock.pass(LIMITS.drain * 2);
    await assertTalks(pair);
    assert.deepEqual(pair.door.ended, []);
  });

  test("that grants it by another rule: the session goes on by that one, and says so", async () => {
    await using pair = await inside();
    await pair.door.apply({ allow: ["127.0.0.0/9"] });
    await assertTalks(pair);
    pair.client.resetAndDestroy();
    await until(() => pair.door.ended.length === 1, "the record");
    assert.equal(pair.door.ended[0]?.rule, "127.0.0.0/9");
  });

  test("that takes it away, onRevoke: cut: both ends see RST at once", async () => {
    await using pair = await inside();
    await assertCut(pair, "revoked", () => void pair.door.apply({ allow: [OTHER], onRevoke: "cut" }));
  });

  test("onRevoke: drain: it may finish within the drain time", async () => {
    await using pair = await inside();
    await pair.door.apply({ allow: [OTHER] });
    pair.clock.pass(LIMITS.drain - 1_000);
    await assertTalks(pair);
    pair.client.end();
    pair.target.end();
    await until(() => pair.door.ended.length === 1, "the record");
    assert.equal(pair.door.ended[0]?.outcome, "closed");
  });

  test("onRevoke: drain: and no longer, however much it talks", async () => {
    await using pair = await inside();
    await pair.door.apply({ allow: [OTHER] });
    pair.clock.pass(LIMITS.drain - 1_000);
    await assertTalks(pair);
    await assertCut(pair, "revoked", () => pair.clock.pass(2_000));
  });

  test("onRevoke: drain: applying the same refusal again does not give it more time", async () => {
    await using pair = await inside();
    await pair.door.apply({ allow: [OTHER] });
    pair.clock.pass(LIMITS.drain / 2);
    await pair.door.apply({ allow: [] });
    await assertCut(pair, "revoked", () => pair.clock.pass(LIMITS.drain / 2 + 1_000));
  });

  test("onRevoke: keep: it stays, and nobody new of its kind enters", async () => {
    await using pair = await inside();
    await pair.door.apply({ allow: [OTHER], onRevoke: "keep" });
    pair.clock.pass(LIMITS.drain * 10);
    await assertTalks(pair);
    assert.equal(await knock({ ...pair.door, from: TILL }), "ECONNRESET");
    assert.equal(pair.door.refused.at(-1)?.reason, "not-listed");
  });

  test("that gives it back before the drain time is over: the deadline is forgotten", async () => {
    await using pair = await inside();
    await pair.door.apply({ allow: [OTHER] });
    pair.clock.pass(LIMITS.drain - 1_000);
    await pair.door.apply();
    pair.clock.pass(LIMITS.drain * 2);
    await assertTalks(pair);
    // And taken away once more, the whole drain time begins anew.
    await pair.door.apply({ allow: [OTHER] });
    pair.clock.pass(LIMITS.drain - 1_000);
    await assertTalks(pair);
  });

  test("that takes one source's right away leaves the other source alone", async () => {
    await using pair = await inside();
    const other = await pair.another(OTHER);
    await assertCut(pair, "revoked", () => void pair.door.apply({ allow: [OTHER], onRevoke: "cut" }));
    await assertTalks(other);
    assert.equal(pair.door.relay.sessions, 1);
  });

  for (const onRevoke of ["cut", "keep"] as const)
    test(`in which the door is gone, onRevoke: ${onRevoke}: its own last rule holds`, async () => {
      await using pair = await inside({ onRevoke });
      const empty = policyOf([], LIMITS);
      if (onRevoke === "cut") await assertCut(pair, "revoked", () => void pair.door.relay.apply(empty));
      else {
        await pair.door.relay.apply(empty);
        pair.clock.pass(LIMITS.drain * 2);
        await assertTalks(pair);
      }
    });

  test("in which the door leads to another terminal: those inside are revoked, newcomers go there", async () => {
    await using pair = await inside({ onRevoke: "cut" });
    await using elsewhere = await listen((socket) => socket.pipe(socket));
    await assertCut(pair, "revoked", () => void pair.door.apply({ target: elsewhere.endpoint }));
    const client = await dial(pair.door);
    client.end("hello");
    assert.equal((await ending(client)).bytes.toString(), "hello");
    assert.equal(pair.terminal.count.total, 1);
  });

  test("in which the door leads to another port of the same terminal: the same", async () => {
    await using pair = await inside({ onRevoke: "cut" });
    const elsewhere = { address: pair.terminal.endpoint.address, port: 1 };
    await assertCut(pair, "revoked", () => void pair.door.apply({ target: elsewhere }));
  });

  test("ends also one whose dial hangs", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
    const client = await dial(door);
    const seen = ending(client);
    await until(() => door.relay.sessions === 1, "the session");
    await door.apply({ allow: [], onRevoke: "cut" });
    assert.equal((await seen).by, "ECONNRESET");
    await until(() => door.relay.sessions === 0, "the end");
    assert.equal(door.ended[0]?.outcome, "revoked");
  });

  for (const onRevoke of ["drain", "cut", "keep"] as const)
    test(`turns away who still waits for a place, whatever the rule says (${onRevoke}): nothing new enters`, async () => {
      await using pair = await inside({ sessions: 1, onRevoke });
      const waiting = await dial({ ...pair.door, from: OTHER });
      const seen = ending(waiting);
      await until(() => pair.door.relay.sessions === 2, "the one in line");
      await pair.door.apply({ allow: ["127.0.0.1"] });
      assert.equal((await seen).by, "ECONNRESET");
      await until(() => pair.door.relay.sessions === 1, "the one in line gone");
      assert.equal(pair.door.ended[0]?.outcome, "revoked");
      await assertTalks(pair);
      assert.equal(pair.terminal.count.total, 1);
    });
});

suite("a grant that ends", () => {
  const END = NOON + 60_000;
  const allow = [{ source: "127.0.0.0/8", until: END }];

  const rules: readonly { readonly onRevoke: OnRevoke; readonly goesOn: number }[] = [
    { onRevoke: "cut", goesOn: 0 },
    { onRevoke: "drain", goesOn: LIMITS.drain },
  ];
  for (const { onRevoke, goesOn } of rules)
    test(`onRevoke: ${onRevoke}: ends its session ${goesOn} ms later, as expired`, async () => {
      await using pair = await inside({ allow, onRevoke });
      pair.clock.pass(59_000 + goesOn);
      await assertTalks(pair);
      await assertCut(pair, "expired", () => pair.clock.pass(2_000));
    });

  test("onRevoke: keep: its session stays", async () => {
    await using pair = await inside({ allow, onRevoke: "keep" });
    pair.clock.pass(LIMITS.drain * 2);
    await assertTalks(pair);
    assert.equal(pair.door.relay.sessions, 1);
  });

  test("lets nobody in from that very millisecond on, and says why", async () => {
    await using pair = await inside({ allow, onRevoke: "keep" });
    pair.clock.setWall(END - 1);
    await pair.another();
    pair.clock.setWall(END);
    assert.equal(await knock(pair.door), "ECONNRESET");
    assert.deepEqual([pair.door.refused[0]?.outcome, pair.door.refused[0]?.reason], ["denied", "expired"]);
  });

  test("another grant that still holds takes its place: nobody is cut, and the record names it", async () => {
    await using pair = await inside({ allow: [...allow, { source: "127.0.0.0/9" }], onRevoke: "cut" });
    pair.clock.pass(120_000);
    await assertTalks(pair);
    pair.client.resetAndDestroy();
    await until(() => pair.door.ended.length === 1, "the record");
    assert.equal(pair.door.ended[0]?.rule, "127.0.0.0/9");
  });

  test("prolonged before the drain time is over: the session stays", async () => {
    await using pair = await inside({ allow });
    pair.clock.pass(61_000 + LIMITS.drain / 2);
    await pair.door.apply({ allow: [{ source: "127.0.0.0/8", until: NOON + 86_400_000 }] });
    pair.clock.pass(LIMITS.drain);
    await assertTalks(pair);
  });

  test("prolonged, then cut short by a policy that does not name it: revoked, not expired", async () => {
    await using pair = await inside({ allow, onRevoke: "cut" });
    await assertCut(pair, "revoked", () => void pair.door.apply({ allow: [] }));
  });

  test("a clock set back does not bring back who was cut, and a clock set forward ends the grant", async () => {
    await using pair = await inside({ allow, onRevoke: "cut" });
    await assertCut(pair, "expired", () => {
      pair.clock.setWall(END + 1);
      pair.clock.pass(1_000);
    });
    pair.clock.setWall(NOON);
    await pair.another();
  });
});

test("sessions of doors that are gone keep to the limits and are judged by every later policy", async () => {
  const clock = manualClock(NOON);
  await using terminal = await listen((socket) => socket.pipe(socket));
  const [first, second] = [await freeEndpoint(), await freeEndpoint()];
  await using started = startRelay({ clock });
  const spec = { listen: first.endpoint, target: terminal.endpoint, onRevoke: "keep" } as const;
  await started.relay.apply(policyOf([spec], LIMITS));
  const client = await dial(first);
  client.write("x");
  await once(client, "data");
  await started.relay.apply(policyOf([{ ...spec, listen: second.endpoint }], LIMITS));
  clock.pass(LIMITS.drain * 2);
  assert.equal(started.relay.sessions, 1);
  // The door comes back, and does not let it in any more.
  const seen = ending(client);
  await started.relay.apply(policyOf([{ ...spec, allow: [], onRevoke: "cut" }], LIMITS));
  assert.equal((await seen).by, "ECONNRESET");
});
