/** `ecluse load`: what it does to doors, and what it refuses to do. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { LoadResult } from "../../src/load/load.ts";
import { SimulatedTerminal } from "../../src/simulate/terminal.ts";
import { listen } from "../support/loopback.ts";
import { running } from "./running.ts";

suite("ecluse load", { timeout: 180_000 }, () => {
  test("connects at the rate, from an address that may enter, and says nothing", async () => {
    let heard = 0;
    await using terminal = await listen((socket) => {
      socket.on("data", (chunk: Buffer) => (heard += chunk.length)).on("end", () => socket.end());
    });
    await using gateway = await running([terminal, terminal, terminal]);
    const result = (await gateway.json("load", "door*", "--rate", "10/s", "--for", "2s")) as LoadResult;
    assert.deepEqual([result.visits + result.missed, result.failed, result.doors], [20, {}, 3]);
    assert.ok(result.p50 !== undefined && result.p99 !== undefined && result.p50 <= result.p99);
    assert.deepEqual([heard, terminal.count.total], [0, result.visits]);
  });

  test("never two at one terminal: what is due meanwhile is missed, and counted", async () => {
    await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([terminal]);
    const result = (await gateway.json("load", "door1", "--rate", "200/s", "--for", "1s")) as LoadResult;
    assert.equal(terminal.count.most, 1);
    assert.ok(result.missed > 0);
    assert.equal(result.visits + result.missed, 200);
  });

  test("--pay pays at simulated terminals", async () => {
    await using terminal = await SimulatedTerminal.start({ address: "127.0.0.1", port: 0, delay: 0 });
    await using gateway = await running([{ host: "127.0.0.1", port: terminal.port }]);
    const { out, exit } = await gateway.ecluse("load", "door1", "--rate", "2/s", "--for", "2s", "--pay");
    assert.match(out, /^\d connections at 2\/s for 2 s through 1 doors\n {2}p50 [\d.]+ ms, p99 [\d.]+ ms\n/);
    assert.equal(exit, 0);
  });

  test("a source that may not enter is told so, connection by connection", async () => {
    await using terminal = await listen(() => undefined);
    await using gateway = await running([terminal]);
    const words = ["load", "door1", "--from", gateway.site.stranger, "--rate", "5/s", "--for", "1s"];
    const { out, exit } = await gateway.ecluse(...words);
    assert.match(out, /^ {2}failed: ECONNRESET: \d$/m);
    assert.deepEqual([exit, terminal.count.total], [1, 0]);
  });

  test("what is out of bounds, or may be a real terminal, is not loaded", async () => {
    await using terminal = await listen(() => undefined);
    const edit = (text: string): string =>
      text.replace(
        "flows:",
        ["depots: { 1: { allow: [till], terminals: { 1: {}, 2: { probe: none } } } }", "flows:"].join("\n"),
      );
    await using gateway = await running([terminal], { edit });
    const table = [
      [["door1", "--rate", "201/s"], /Cannot load with `201\/s` for 30 s/],
      [["door1", "--rate", "20"], /Cannot load with `20`/],
      [["door1", "--for", "6m"], /Cannot load with `20\/s` for 360 s/],
      [["1/1"], /depot01-tpe01 is not on loopback, and may be a real terminal/],
      [["1/1", "--pay", "--yes"], /payments go to simulated terminals only/],
      [["1/2", "--yes"], /depot01-tpe02: the inventory forbids to look at it/],
      [["door1", "--from", "192.0.2.9"], /no address of this host/],
    ] as const;
    for (const [words, message] of table)
      await assert.rejects(
        gateway.ecluse("load", ...words),
        (error: Error) => message.test(error.message),
        words.join(" "),
      );
    assert.equal(terminal.count.total, 0);
  });
});
