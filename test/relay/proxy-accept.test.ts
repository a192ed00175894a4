/** `acceptProxy`: balancers say by a PROXY header who comes, and nobody else may; that source is the one that is judged. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { suite, test } from "node:test";
import fc from "fast-check";
import { writeHeader } from "../../src/engine/relay/proxy-header.ts";
import { manualClock } from "../support/clock.ts";
import { type Peer, dial, ending, heardOut, ipv4, listen, pause, turns, until } from "../support/loopback.ts";
import { type DoorOptions, type OpenDoor, openDoor, policyOf, startRelay } from "../support/relay.ts";

const BALANCER = "127.64.30.1";
const OTHER_BALANCER = "127.64.30.2";
const TILL = "203.0.113.7";
const STRANGER = "203.0.113.8";
const SOURCE = { address: ipv4(TILL), port: 40_000 };
const DESTINATION = { address: ipv4("198.51.100.10"), port: 443 };
const HEADERS = {
  v1: writeHeader("v1", SOURCE, DESTINATION),
  v2: writeHeader("v2", SOURCE, DESTINATION),
};
const LOCAL = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");

const naming = (source: string, port = 40_000): Buffer =>
  writeHeader("v2", { address: ipv4(source), port }, DESTINATION);

interface Scene extends AsyncDisposable {
  readonly terminal: Peer;
  readonly door: OpenDoor;
  /** What each connection at the terminal has said. */
  readonly heard: Buffer[][];
}

/** A door behind a balancer; only the till may enter. */
async function scene(options: DoorOptions = {}): Promise<Scene> {
  const heard: Buffer[][] = [];
  const terminal = await listen((socket) => {
    const chunks: Buffer[] = [];
    heard.push(chunks);
    socket.on("data", (chunk) => void chunks.push(chunk)).on("end", () => socket.end("answer"));
  });
  const door = await openDoor(terminal, { acceptProxy: [BALANCER], allow: [TILL], ...options });
  return {
    terminal,
    door,
    heard,
    [Symbol.asyncDispose]: async () => {
      await door[Symbol.asyncDispose]();
      await terminal[Symbol.asyncDispose]();
    },
  };
}

const through = (door: OpenDoor, from = BALANCER): Promise<Socket> => dial({ ...door, from });

/** How it ends, after it has said this. */
async function say(door: OpenDoor, bytes: Buffer | string, from = BALANCER) {
  const socket = connect({ host: door.host, port: door.port, localAddress: from, allowHalfOpen: true });
  const end = ending(socket);
  socket.write(bytes);
  const { by, bytes: answer } = await end;
  socket.destroy();
  return { by, answer: String(answer) };
}

const refusals = (door: OpenDoor): readonly unknown[] =>
  door.refused.map(({ source, outcome, reason }) => [source, outcome, reason]);

suite("a balancer's connection", () => {
  for (const [version, header] of Object.entries(HEADERS))
    test(`${version}: is its source's: judged, recorded, relayed byte for byte`, async () => {
      await using played = await scene();
      const { door, heard } = played;
      const socket = await through(door);
      const end = ending(socket);
      socket.end(Buffer.concat([header, Buffer.from("payload \r\n\0")]));
      assert.equal(String((await end).bytes), "answer");
      assert.equal(String(Buffer.concat(heard[0] ?? [])), "payload \r\n\0");
      await until(() => door.ended.length === 1, "the record");
      const { source, rule, bytesToTarget, bytesToClient, outcome } = door.ended[0] ?? {};
      assert.deepEqual([source, rule, outcome], [ipv4(TILL), TILL, "closed"]);
      assert.deepEqual([bytesToTarget, bytesToClient], [11, 6]);
      assert.deepEqual(door.refused, []);
    });

  test("may bring the header in any pieces, with the payload or before it", async () => {
    await using played = await scene();
    const { door, heard } = played;
    const pieces = fc.record({
      header: fc.constantFrom(...Object.values(HEADERS)),
      cuts: fc.array(fc.nat(80), { maxLength: 4 }),
      payload: fc.uint8Array({ minLength: 1, maxLength: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(pieces, async ({ header, cuts, payload }) => {
        const before = heard.length;
        const socket = await through(door);
        socket.setNoDelay(true);
        const end = ending(socket);
        const whole = Buffer.concat([header, payload]);
        const edges = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        for (const [index, edge] of edges.slice(1).entries()) {
          socket.write(whole.subarray(edges[index], edge));
          await turns(3);
        }
        socket.end();
        assert.equal(String((await end).bytes), "answer");
        assert.deepEqual(Buffer.concat(heard[before] ?? []), Buffer.from(payload));
        socket.destroy();
      }),
      { numRuns: 40 },
    );
    assert.deepEqual(door.refused, []);
  });

  test("byte by byte", async () => {
    await using played = await scene();
    for (const header of Object.values(HEADERS)) {
      const socket = await through(played.door);
      socket.setNoDelay(true);
      const end = ending(socket);
      for (const byte of [...header, 0x41]) {
        socket.write(Buffer.of(byte));
        await pause(1);
      }
      socket.end();
      assert.equal(String((await end).bytes), "answer");
    }
    assert.deepEqual(
      played.heard.map((chunks) => String(Buffer.concat(chunks))),
      ["A", "A"],
    );
  });

  test("naming who may not enter is refused as that one, and no terminal hears of it", async () => {
    await using played = await scene();
    const { door, terminal } = played;
    assert.equal((await say(door, naming(STRANGER))).by, "ECONNRESET");
    // Not even the balancer itself, which may connect but not enter.
    assert.equal((await say(door, naming(BALANCER))).by, "ECONNRESET");
    assert.deepEqual(refusals(door), [
      [ipv4(STRANGER), "denied", "not-listed"],
      [ipv4(BALANCER), "denied", "not-listed"],
    ]);
    assert.equal(terminal.count.total, 0);
  });

  test("counts for its source's limit, not for the balancer's", async () => {
    await using played = await scene({ limits: { perSource: 1 } });
    const { door } = played;
    const one = await through(door);
    one.write(naming(TILL));
    await until(() => door.relay.sessions === 1, "the first");
    assert.equal((await say(door, naming(TILL))).by, "ECONNRESET");
    assert.deepEqual(refusals(door), [[ipv4(TILL), "overload", "source"]]);
    one.destroy();
  });
});

suite("without a header that names somebody", () => {
  const wrong: readonly (readonly [string, Buffer | string, string])[] = [
    ["payload at once", "CZ0040300", "malformed"],
    ["UNKNOWN", "PROXY UNKNOWN\r\n", "not-ipv4"],
    ["IPv6", "PROXY TCP6 2001:db8::1 2001:db8::2 40000 443\r\n", "not-ipv4"],
    ["source 0.0.0.0", "PROXY TCP4 0.0.0.0 198.51.100.10 40000 443\r\n", "unusable-source"],
    [
      "a checksum that is wrong",
      Buffer.from("0d0a0d0a000d0a515549540a21110013cb007107c633640a9c4001bb03000400000000", "hex"),
      "checksum",
    ],
  ];
  for (const [name, bytes, reason] of wrong)
    test(`${name}: RST at once, and never as the balancer's own`, async () => {
      await using played = await scene({ allow: [TILL, BALANCER] });
      const { door, terminal } = played;
      assert.match((await say(door, bytes)).by, /^(ECONNRESET|EPIPE)$/);
      assert.deepEqual(refusals(door), [[ipv4(BALANCER), "bad-proxy-header", reason]]);
      assert.equal(terminal.count.total, 0);
      assert.deepEqual(door.ended, []);
    });

  for (const [name, leave] of [
    ["FIN", (socket: Socket) => socket.end()],
    ["RST", (socket: Socket) => socket.resetAndDestroy()],
  ] as const)
    test(`${name} before it is whole: counted, and nothing is kept`, async () => {
      await using played = await scene({ limits: { perSource: 1 } });
      const { door } = played;
      const socket = await through(door);
      socket.on("error", () => undefined);
      socket.write(HEADERS.v1.subarray(0, 20));
      await heardOut(socket, door);
      leave(socket);
      await until(() => door.refused.length === 1, "the refusal");
      assert.deepEqual(refusals(door), [[ipv4(BALANCER), "bad-proxy-header", "incomplete"]]);
      // The balancer's one place is free again.
      assert.equal((await say(door, naming(STRANGER))).by, "ECONNRESET");
      assert.equal(door.refused[1]?.reason, "not-listed");
      socket.destroy();
    });

  test("within 3 s: RST, though bytes keep coming", async () => {
    const clock = manualClock();
    await using played = await scene({ clock });
    const { door } = played;
    const socket = await through(door);
    const end = ending(socket);
    await heardOut(socket, door);
    for (const byte of HEADERS.v1.subarray(0, 20)) {
      socket.write(Buffer.of(byte));
      clock.pass(140);
    }
    assert.deepEqual(door.refused, []);
    clock.pass(500);
    assert.equal((await end).by, "ECONNRESET");
    assert.deepEqual(refusals(door), [[ipv4(BALANCER), "bad-proxy-header", "incomplete"]]);
  });

  test("no session, no dial, no place; and yet bounded, by the gateway's sessions and the balancer's share", async () => {
    await using played = await scene({
      limits: { sessions: 3, perSource: 2 },
      acceptProxy: [BALANCER, OTHER_BALANCER],
    });
    const { door, terminal } = played;
    const held = [await through(door), await through(door)];
    for (const socket of held) await heardOut(socket, door);
    assert.equal((await say(door, "")).by, "ECONNRESET");
    const other = await through(door, OTHER_BALANCER);
    held.push(other);
    await heardOut(other, door);
    assert.equal((await say(door, "", OTHER_BALANCER)).by, "ECONNRESET");
    assert.deepEqual(refusals(door), [
      [ipv4(BALANCER), "overload", "source"],
      [ipv4(OTHER_BALANCER), "overload", "sessions"],
    ]);
    assert.equal(door.relay.sessions, 0);
    assert.equal(terminal.count.total, 0);
    for (const socket of held) socket.destroy();
  });
});

test("LOCAL: a health check sees an orderly end, and no terminal hears of it", async () => {
  await using played = await scene();
  const { door, terminal } = played;
  for (const bytes of [LOCAL, Buffer.concat([LOCAL, Buffer.from("are you there?")])]) {
    assert.deepEqual(await say(door, bytes), { by: "end", answer: "" });
  }
  assert.equal(terminal.count.total, 0);
  assert.deepEqual([door.refused, door.ended], [[], []]);
});

test("LOCAL, and it does not leave: let go within 3 s", async () => {
  const clock = manualClock();
  await using played = await scene({ clock, limits: { perSource: 1 } });
  const { door } = played;
  const socket = await through(door);
  socket.on("error", () => undefined).resume();
  socket.write(LOCAL);
  await once(socket, "end");
  assert.equal((await say(door, "")).by, "ECONNRESET");
  clock.pass(3_500);
  await until(() => {
    socket.write("still here");
    return socket.destroyed;
  }, "its end");
  assert.equal((await say(door, naming(STRANGER))).by, "ECONNRESET");
  assert.deepEqual(
    door.refused.map(({ reason }) => reason),
    ["source", "not-listed"],
  );
});

suite("who is no balancer", () => {
  test("is refused, though it is listed, and though it brings a header", async () => {
    await using played = await scene({ allow: ["127.0.0.0/8", TILL] });
    const { door, terminal } = played;
    for (const bytes of ["", HEADERS.v1]) {
      assert.match((await say(door, bytes, OTHER_BALANCER)).by, /^(ECONNRESET|EPIPE)$/);
    }
    for (const refusal of refusals(door)) assert.deepEqual(refusal, [ipv4(OTHER_BALANCER), "denied", "not-a-balancer"]);
    assert.equal(terminal.count.total, 0);
  });

  test("on a flow without balancers a header is payload like any other", async () => {
    await using played = await scene({ acceptProxy: undefined, allow: [BALANCER] });
    const { door, heard } = played;
    const socket = await through(door);
    const end = ending(socket);
    socket.end(HEADERS.v1);
    await end;
    assert.deepEqual(Buffer.concat(heard[0] ?? []), HEADERS.v1);
    assert.equal(door.ended[0]?.source ?? door.relay.openSessions[0]?.source, ipv4(BALANCER));
  });
});

suite("a new policy", () => {
  test("that no longer knows the balancer ends what came through it, header whole or not", async () => {
    await using played = await scene({ onRevoke: "cut" });
    const { door } = played;
    const inside = await through(door);
    const seen = ending(inside);
    inside.write(naming(TILL));
    await until(() => door.relay.sessions === 1, "the session");
    const pending = await through(door);
    const also = ending(pending);
    pending.write(HEADERS.v1.subarray(0, 9));
    await heardOut(pending, door);
    await door.apply({ acceptProxy: [OTHER_BALANCER] });
    for (const { by } of await Promise.all([seen, also])) assert.equal(by, "ECONNRESET");
    await until(() => door.ended.length === 1, "the record");
    assert.equal(door.ended[0]?.outcome, "revoked");
    assert.deepEqual(refusals(door), [[ipv4(BALANCER), "denied", "not-a-balancer"]]);
  });

  test("that drains the flow refuses balancers without hearing them; a stop lets go of those that were heard", async () => {
    await using played = await scene();
    const { door } = played;
    await door.apply({ standing: "draining" });
    assert.equal((await say(door, "")).by, "ECONNRESET");
    assert.deepEqual(refusals(door), [[ipv4(BALANCER), "denied", "closed"]]);
    await door.apply();
    const pending = await through(door);
    const end = ending(pending);
    await heardOut(pending, door);
    await door.relay.drain(10_000);
    assert.equal((await end).by, "ECONNRESET");
  });

  test("that is another one when the header comes is the one that judges", async () => {
    await using played = await scene();
    const { door } = played;
    const socket = await through(door);
    const end = ending(socket);
    socket.write(HEADERS.v1.subarray(0, 9));
    await heardOut(socket, door);
    await door.apply({ allow: [STRANGER] });
    socket.write(HEADERS.v1.subarray(9));
    assert.equal((await end).by, "ECONNRESET");
    assert.deepEqual(refusals(door), [[ipv4(TILL), "denied", "not-listed"]]);
  });

  for (const [known, balancer] of [
    ["knows", BALANCER],
    ["does not know", OTHER_BALANCER],
  ] as const)
    test(`of the process that takes over, and ${known} the balancer, judges what came through it`, async () => {
      await using played = await scene({ onRevoke: "cut" });
      const { door, terminal } = played;
      const inside = await through(door);
      inside.on("error", () => undefined).write(naming(TILL));
      await until(() => door.relay.openSessions[0]?.phase === "open", "the session");
      await using next = startRelay({ standby: true });
      const handed = door.relay.handOver(() => undefined);
      const flow = { listen: door.endpoint, target: terminal.endpoint, acceptProxy: [balancer], allow: [TILL] };
      await next.relay.apply(policyOf([{ ...flow, onRevoke: "cut" }]));
      const orders: string[] = [];
      const taken = next.relay.takeOver(handed.sessions, ({ what }) => void orders.push(what));
      taken.lost();
      inside.destroy();
      assert.deepEqual(orders, balancer === BALANCER ? [] : ["revoke"]);
    });

  test("of the process before, heard out after it has handed over: who was named gets a place from the next one", async () => {
    await using played = await scene();
    const { door } = played;
    const pending = await through(door);
    pending.on("error", () => undefined).write(HEADERS.v1.subarray(0, 9));
    await heardOut(pending, door);
    const said: string[] = [];
    const handed = door.relay.handOver(({ what }) => void said.push(what));
    handed.close();
    pending.write(HEADERS.v1.subarray(9));
    await until(() => said.length > 0, "the report");
    assert.deepEqual(said, ["came"]);
    pending.destroy();
  });
});
