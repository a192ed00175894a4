/** From the accept to the terminal's answer: what a client does meanwhile, and what it sees when there is none. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { answered, busyHost } from "../support/busy-host.ts";
import { dial, ending, listen, settled, until } from "../support/loopback.ts";
import { freeEndpoint, openDoor } from "../support/relay.ts";

/** A client that has gone frees its pair within this time; promised: a second, and some more where others have the processor. */
const PROMISED = 5_000;

suite("while the dial hangs", () => {
  const leaving = [
    { how: "RST", leave: "resetAndDestroy", outcome: "reset" },
    { how: "FIN without a byte", leave: "end", outcome: "closed" },
    { how: "both directions at once without a byte", leave: "destroy", outcome: "closed" },
  ] as const;
  for (const { how, leave, outcome } of leaving)
    test(`a client that leaves by ${how} frees the pair`, async () => {
      await using terminal = await busyHost();
      await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
      const client = await dial(door);
      client.on("error", () => undefined);
      await until(() => door.relay.sessions === 1, "the session");
      client[leave]();
      await until(() => door.relay.sessions === 0, "the end of the session", PROMISED);
      const [record] = door.ended;
      assert.equal(record?.outcome, outcome);
      assert.equal(record.by, "client");
      assert.equal(record.bytesToTarget, 0);
      client.destroy();
      // And whoever answers later finds nobody: the connection was given up, not left behind.
      terminal.letGo();
      await answered(terminal);
      assert.deepEqual(terminal.heard, []);
    });

  test("a client that speaks and then leaves by RST frees the pair", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
    const client = await dial(door);
    client.write("request");
    await until(() => door.relay.sessions === 1, "the session");
    client.resetAndDestroy();
    await until(() => door.relay.sessions === 0, "the end of the session", PROMISED);
    assert.equal(door.ended[0]?.outcome, "reset");
    assert.equal(door.ended[0].bytesToTarget, 0);
  });

  test("bytes and then FIN are relayed when the dial succeeds, once", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
    const client = await dial(door);
    const seen = ending(client);
    client.end("request");
    await until(() => door.relay.sessions === 1, "the session");
    terminal.letGo();
    // The system dials again after one second, three, seven.
    const { by, bytes } = await seen;
    assert.deepEqual([by, bytes.toString()], ["end", "answer to request"]);
    assert.deepEqual(terminal.heard, ["request"]);
    await until(() => door.relay.sessions === 0, "the end of the session");
    assert.equal(door.ended[0]?.outcome, "closed");
    assert.deepEqual([door.ended[0].bytesToTarget, door.ended[0].bytesToClient], [7, 17]);
  });

  test("a client that sends without end is not read without end", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { limits: { connect: 60_000 } });
    const client = await dial(door);
    client.on("error", () => undefined);
    let handedOver = 0;
    const step = Buffer.alloc(1024 * 1024);
    for (let count = 0; count < 128; count += 1) client.write(step, () => (handedOver += 1));
    // Kernel buffers of one hop on loopback: a few MiB.
    const settledAt = await settled(() => handedOver);
    assert.ok(settledAt < 32, `${settledAt} MiB were taken while the dial hung`);
    client.destroy();
  });

  test("no answer within the limit: RST to the client, dial-failed, and the limit is named", async () => {
    await using terminal = await busyHost();
    await using door = await openDoor(terminal, { limits: { connect: 300 } });
    const began = performance.now();
    const client = await dial(door);
    client.write("request");
    const { by, bytes } = await ending(client);
    assert.deepEqual([by, bytes.length], ["ECONNRESET", 0]);
    assert.ok(performance.now() - began >= 290);
    await until(() => door.relay.sessions === 0, "the end of the session");
    const [record] = door.ended;
    assert.deepEqual(
      [record?.outcome, record?.by, record?.cause, record?.bytesToTarget],
      ["dial-failed", "gateway", "connect", 0],
    );
    terminal.letGo();
    await answered(terminal);
    assert.deepEqual(terminal.heard, []);
  });
});

suite("a terminal that refuses the dial", () => {
  test("looks unreachable: RST to the client, never a clean FIN, and one dial only", async () => {
    const nobody = await freeEndpoint();
    await using door = await openDoor(nobody);
    const seen = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const client = await dial(door);
        if (index % 2 === 0) client.write("request");
        return ending(client);
      }),
    );
    for (const { by, bytes } of seen) assert.deepEqual([by, bytes.length], ["ECONNRESET", 0]);
    await until(() => door.ended.length === 50, "50 records");
    for (const { outcome, by, cause } of door.ended)
      assert.deepEqual([outcome, by, cause], ["dial-failed", "target", "ECONNREFUSED"]);
    assert.equal(door.relay.sessions, 0);
  });

  test("also for a client that has said all it had to say", async () => {
    const nobody = await freeEndpoint();
    await using door = await openDoor(nobody);
    const client = await dial(door);
    client.end("request");
    assert.equal((await ending(client)).by, "ECONNRESET");
  });

  test("a terminal that takes the connection and resets it at once: RST, and no second try", async () => {
    await using terminal = await listen((socket) => socket.resetAndDestroy());
    await using door = await openDoor(terminal);
    const client = await dial(door);
    client.write("request");
    assert.equal((await ending(client)).by, "ECONNRESET");
    await until(() => door.relay.sessions === 0, "the end of the session");
    assert.equal(terminal.count.total, 1);
    // The RST may come before the system has told of the connection, which then was none.
    assert.match(door.ended[0]?.outcome ?? "", /^(reset|dial-failed)$/);
    assert.equal(door.ended[0]?.by, "target");
  });
});
