/** `sendProxy`: the target hears first, in one piece, who comes. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readHeader, writeHeader } from "../../src/engine/relay/proxy-header.ts";
import { busyHost } from "../support/busy-host.ts";
import { dial, ending, ipv4, listen, loopbackAddress, portOfEveryAddress, until } from "../support/loopback.ts";
import { openDoor, policyOf, startRelay } from "../support/relay.ts";

const TILL = "127.64.31.1";
const BALANCER = "127.64.31.2";
const FAR = { address: ipv4("203.0.113.7"), port: 40_000 };

/** A target that keeps the chunks it is sent, of one connection after another, and answers at the end. */
async function listener() {
  const chunks: Buffer[] = [];
  const peer = await listen((socket) => {
    socket.on("data", (chunk) => void chunks.push(chunk)).on("end", () => socket.end("answer"));
  });
  return { ...peer, chunks, said: () => Buffer.concat(chunks) };
}

suite("the header to the target", () => {
  for (const sendProxy of ["v1", "v2"] as const)
    test(`${sendProxy}: names the client and the door, before any payload, in one piece, and counts as no byte`, async () => {
      await using target = await listener();
      await using door = await openDoor(target, { sendProxy });
      const client = await dial({ ...door, from: TILL });
      const seen = ending(client);
      const source = { address: ipv4(TILL), port: client.localPort ?? 0 };
      // A target that waits for the header before it speaks must not wait for the client.
      await until(() => target.chunks.length === 1, "the header");
      const header = writeHeader(sendProxy, source, door.endpoint);
      assert.deepEqual(target.chunks, [header]);
      assert.deepEqual(readHeader(header), {
        kind: "proxied",
        source,
        destination: door.endpoint,
        length: header.length,
      });
      client.end("payload");
      assert.equal(String((await seen).bytes), "answer");
      assert.deepEqual(target.said(), Buffer.concat([header, Buffer.from("payload")]));
      await until(() => door.ended.length === 1, "the record");
      assert.deepEqual([door.ended[0]?.bytesToTarget, door.ended[0]?.bytesToClient], [7, 6]);
    });

  test("comes before what the client said while the dial hung, and names the source that a balancer named", async () => {
    await using target = await listener();
    await using door = await openDoor(target, { sendProxy: "v1", acceptProxy: [BALANCER], allow: ["203.0.113.7"] });
    const balancer = await dial({ ...door, from: BALANCER });
    const seen = ending(balancer);
    balancer.end(Buffer.concat([writeHeader("v2", FAR, door.endpoint), Buffer.from("payload")]));
    await seen;
    assert.deepEqual(target.said(), Buffer.concat([writeHeader("v1", FAR, door.endpoint), Buffer.from("payload")]));
  });

  test("names the address that was entered, where the door is on every address", async () => {
    await using target = await listener();
    const host = loopbackAddress();
    const port = await portOfEveryAddress();
    await using started = startRelay();
    const listen = { address: ipv4("0.0.0.0"), port };
    await started.relay.apply(policyOf([{ listen, target: target.endpoint, sendProxy: "v2" }]));
    const client = await dial({ host, port, from: TILL });
    await until(() => target.chunks.length === 1, "the header");
    const source = { address: ipv4(TILL), port: client.localPort ?? 0 };
    assert.deepEqual(target.said(), writeHeader("v2", source, { address: ipv4(host), port }));
    client.destroy();
  });

  test("is not for a target that is never reached", async () => {
    await using target = await busyHost();
    await using door = await openDoor(target, { sendProxy: "v2", limits: { connect: 100 } });
    const client = await dial({ ...door, from: TILL });
    client.write("payload");
    assert.equal((await ending(client)).by, "ECONNRESET");
    await until(() => door.ended.length === 1, "the record");
    assert.deepEqual([door.ended[0]?.outcome, door.ended[0]?.bytesToTarget], ["dial-failed", 0]);
  });

  test("is sent by the policy in force when the dial begins, to one who waited in line", async () => {
    await using target = await listener();
    await using door = await openDoor(target, { sessions: 1, queue: { length: 1, wait: 60_000 } });
    const first = await dial({ ...door, from: TILL });
    await until(() => target.count.open === 1, "the first");
    const second = await dial({ ...door, from: TILL });
    await until(() => door.relay.sessions === 2, "the second in line");
    await door.apply({ sendProxy: "v1" });
    first.end();
    await until(() => target.chunks.length === 1, "the header");
    const source = { address: ipv4(TILL), port: second.localPort ?? 0 };
    assert.deepEqual(target.said(), writeHeader("v1", source, door.endpoint));
    first.destroy();
    second.destroy();
  });
});
