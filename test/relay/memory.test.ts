/** Back-pressure bounds the relay's memory, whatever a peer does. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import { busyHost } from "../support/busy-host.ts";
import { dial, listen, settled, until } from "../support/loopback.ts";
import { relayProcess } from "../support/relay-process.ts";

const MIB = 1024 * 1024;
const BOUND = 30 * MIB;
const OFFERED = 256;
const step = Buffer.alloc(MIB, "step ");

suite(`${OFFERED} MiB for a reader that has stopped: the relay's process grows by less than ${BOUND / MIB} MiB`, () => {
  for (const writer of ["target", "client"] as const)
    test(`written by the ${writer}`, async () => {
      const targets: Socket[] = [];
      await using terminal = await listen((socket) => targets.push(socket.pause()));
      await using relay = await relayProcess(terminal);
      const client = (await dial(relay)).pause();
      await until(() => targets.length === 1, "the connection at the terminal");
      const [target] = targets;
      assert.ok(target);
      const before = (await relay.health()).rss;
      const from = writer === "target" ? target : client;
      for (let count = 0; count < OFFERED; count += 1) from.write(step);
      await settled(() => from.bytesWritten - from.writableLength);
      const grown = (await relay.health()).rss - before;
      assert.ok(grown < BOUND, `${grown / MIB} MiB`);
      assert.ok(from.writableLength > (OFFERED / 2) * MIB, "most of it still waits at the writer");
      client.destroy();
    });

  test("written by a client whose dial hangs", async () => {
    await using terminal = await busyHost();
    await using relay = await relayProcess(terminal);
    const client = (await dial(relay)).pause();
    client.on("error", () => undefined);
    const before = (await relay.health()).rss;
    for (let count = 0; count < OFFERED; count += 1) client.write(step);
    await settled(() => client.bytesWritten - client.writableLength);
    const grown = (await relay.health()).rss - before;
    assert.ok(grown < BOUND, `${grown / MIB} MiB`);
    client.destroy();
  });
});
