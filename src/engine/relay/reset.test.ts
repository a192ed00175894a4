import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { suite, test } from "node:test";
import { reset } from "./reset.ts";

suite("reset", () => {
  test("an open socket: the peer sees RST", () =>
    pair(async (near, far) => {
      const seen = endOf(far);
      reset(near);
      assert.equal(await seen, "ECONNRESET");
    }));

  test("with bytes that nobody reads still to be written: RST at once, not after them", () =>
    pair(async (near, far) => {
      far.pause();
      near.write(Buffer.alloc(32 * 1024 * 1024));
      const closed = once(near, "close");
      reset(near);
      await closed;
      const seen = endOf(far);
      far.resume();
      assert.equal(await seen, "ECONNRESET");
    }));

  test("in the very turn of `end`: the descriptor is closed and the peer does not hang", () =>
    pair(async (near, far) => {
      const before = descriptors();
      const closed = once(near, "close");
      const seen = endOf(far);
      near.end();
      reset(near);
      await closed;
      // The FIN was on its way already; what matters is that the connection is over on both sides.
      await seen;
      assert.equal(descriptors(), before - 1);
    }));

  test("while a shutdown is on its way", () =>
    pair(async (near, far) => {
      const closed = once(near, "close");
      const seen = endOf(far);
      near.end();
      // The shutdown has been handed to the system by now, and its completion has not been reported.
      process.nextTick(() => reset(near));
      await closed;
      await seen;
    }));

  test("after the shutdown, while the peer still speaks: RST", () =>
    pair(async (near, far) => {
      const finished = once(near, "finish");
      near.end();
      await finished;
      await once(far.resume(), "end");
      const closed = once(near, "close");
      reset(near);
      await closed;
      // After a mere FIN the first write would still be taken.
      const error = await new Promise((resolve) => far.write("x", resolve));
      assert.ok(error instanceof Error);
    }));

  test("more than once, and after the close", () =>
    pair(async (near, far) => {
      const seen = endOf(far);
      const closed = once(near, "close");
      reset(near);
      reset(near);
      await closed;
      reset(near);
      assert.equal(await seen, "ECONNRESET");
    }));

  test("a dial that has succeeded without having been told: RST, and nothing of what was to be written", async () => {
    const server = createServer().listen({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("a payment");
    const closed = once(socket, "close");
    // On loopback the system has both ends connected by now.
    reset(socket);
    reset(socket);
    const [far] = await accepted;
    const seen = endOf(far);
    await closed;
    assert.equal(await seen, "ECONNRESET");
    assert.equal(far.bytesRead, 0);
    server.close();
  });
});

/** A connected pair on loopback, half-open allowed, closed afterwards. */
async function pair(use: (near: Socket, far: Socket) => Promise<void>): Promise<void> {
  const server = createServer({ allowHalfOpen: true }).listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const near = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  await once(near, "connect");
  const [far] = await accepted;
  for (const socket of [near, far]) socket.on("error", () => undefined);
  try {
    await use(near, far);
  } finally {
    near.destroy();
    far.destroy();
    server.close();
  }
}

function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on("data", () => undefined);
    socket.on("end", () => resolve("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
  });
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
