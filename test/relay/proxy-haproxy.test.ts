/** The PROXY protocol with a program that speaks it: HAProxy in front of the gateway, and behind it. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readHeader } from "../../src/engine/relay/proxy-header.ts";
import { haproxy } from "../support/haproxy.ts";
import { dial, ending, ipv4, listen, until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import { openDoor } from "../support/relay.ts";

const TILL = "127.64.32.1";
const BALANCER = "127.64.32.2";

/** Says "answer" when a client has ended, and keeps what it had said. */
async function recorder() {
  const heard: Buffer[] = [];
  const peer = await listen((socket) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => void chunks.push(chunk));
    socket.on("end", () => {
      // A health check of HAProxy's says nothing of a client.
      if (chunks.length > 0) heard.push(Buffer.concat(chunks));
      socket.end("answer");
    });
  });
  return { ...peer, heard };
}

async function ask(at: { readonly host: string; readonly port: number }): Promise<{ answer: string; port: number }> {
  const client = await dial({ ...at, from: TILL });
  const port = client.localPort ?? 0;
  const seen = ending(client);
  client.end("payload");
  return { answer: String((await seen).bytes), port };
}

suite("HAProxy", { skip: needs(["haproxy"]) }, () => {
  for (const word of [
    "send-proxy",
    "send-proxy-v2",
    "send-proxy-v2 proxy-v2-options crc32c,unique-id",
    "send-proxy-v2 check inter 50",
  ])
    test(`in front, with ${word}: its client is the source`, async () => {
      await using terminal = await recorder();
      await using door = await openDoor(terminal, { acceptProxy: [BALANCER], allow: [TILL] });
      await using balancer = await haproxy(door, { server: `${word} source ${BALANCER}` });
      for (let count = 1; count <= 3; count += 1) {
        assert.equal((await ask(balancer)).answer, "answer");
        await until(() => door.ended.length === count, "the record");
      }
      for (const { source, outcome, bytesToTarget } of door.ended)
        assert.deepEqual([source, outcome, bytesToTarget], [ipv4(TILL), "closed", 7]);
      assert.deepEqual(terminal.heard.map(String), ["payload", "payload", "payload"]);
      assert.equal(terminal.count.total, 3);
      // It ends its health checks by RST, sometimes before the gateway could ask who they are from.
      for (const { reason } of door.refused) assert.equal(reason, "no-address");
    });

  test("in front, without the header: nobody gets in", async () => {
    await using terminal = await recorder();
    await using door = await openDoor(terminal, { acceptProxy: [BALANCER], allow: [TILL, BALANCER] });
    await using balancer = await haproxy(door, { server: `source ${BALANCER}` });
    assert.equal((await ask(balancer)).answer, "");
    await until(() => door.refused.length === 1, "the refusal");
    assert.deepEqual([door.refused[0]?.outcome, door.refused[0]?.reason], ["bad-proxy-header", "malformed"]);
    assert.equal(terminal.count.total, 0);
  });

  for (const sendProxy of ["v1", "v2"] as const)
    test(`behind, with accept-proxy: it is told the client by ${sendProxy}`, async () => {
      await using target = await recorder();
      // It says in turn whom it was told.
      await using behind = await haproxy(target, { bind: "accept-proxy", server: "send-proxy" });
      await using door = await openDoor({ endpoint: { address: ipv4(behind.host), port: behind.port } }, { sendProxy });
      const { answer, port } = await ask(door);
      assert.equal(answer, "answer");
      const told = target.heard[0] ?? Buffer.alloc(0);
      const header = readHeader(told);
      assert.ok(header.kind === "proxied");
      assert.deepEqual(header.source, { address: ipv4(TILL), port });
      assert.deepEqual(header.destination, door.endpoint);
      assert.equal(String(told.subarray(header.length)), "payload");
    });
});
