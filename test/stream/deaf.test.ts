/** One who asks for the events and does not read them: cut, at a bounded cost, and nobody else notices. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { suite, test } from "node:test";
import { systemClock } from "../../src/cli/clock.ts";
import type { Handlers } from "../../src/control/routes.ts";
import { ControlServer } from "../../src/control/server.ts";
import type { Sink } from "../../src/control/stream.ts";
import { EventStream } from "../../src/observe/event-stream.ts";
import { running } from "../commands/running.ts";
import { dial, ending, listen, until } from "../support/loopback.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { deaf, following, heard } from "./following.ts";

const RING = 2_000;

suite("a follower that does not read", { timeout: 180_000 }, () => {
  test("is cut once the ring has gone past it; another one gets all of it", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "control.sock");
    const stream = new EventStream({ clock: systemClock, epoch: "e", ring: RING });
    const written: number[] = [];
    const counted = (sink: Sink): Sink => {
      const index = written.push(0) - 1;
      return {
        ...sink,
        write: (bytes) => {
          written[index] = (written[index] ?? 0) + bytes.length;
          return sink.write(bytes);
        },
      };
    };
    const events = () => Promise.resolve((sink: Sink) => stream.subscribe(counted(sink)));
    const handlers = { events } as unknown as Handlers;
    await using server = await ControlServer.prepare({ path, handlers, failed: assert.ifError });
    await server.publish();
    const unheard = await deaf(path);
    const cut = once(unheard, "close");
    await until(() => written.length === 1, "the deaf one follows");
    await using followed = following(path);
    await until(() => written.length === 2, "the other one follows");
    const told = 20 * RING;
    for (let number = 1; number <= told; number += 1) {
      stream.tell({ event: "changed", data: { what: "operated", by: "ana", detail: "x".repeat(100), at: number } });
      // As fast as the other one takes it: what it has not read is in the ring.
      if (number % (RING / 2) === 0) await heard(followed, number, "changed");
    }
    assert.deepEqual(
      followed.of("changed").map(({ at }) => at),
      Array.from({ length: told }, (_, index) => index + 1),
    );
    unheard.resume();
    await cut;
    const [toTheDeaf = 0, all = 0] = written;
    // What the kernel and Node hold for it, not what happened.
    assert.ok(toTheDeaf < all / 10, `${toTheDeaf} of ${all} bytes`);
  });

  test("delays no session: 500 of them go by, and three who read are told of every one", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target]);
    const { site, control } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const unheard = await deaf(control);
    await using all = new AsyncDisposableStack();
    const three = Array.from({ length: 3 }, () => all.use(following(control, "0-0")));
    await until(() => three.every((each) => each.of("lost").length === 1), "all follow");
    for (let wave = 0; wave < 10; wave += 1) {
      const visits = Array.from({ length: 50 }, async () => {
        const client = await dial({ ...door, from: site.till });
        client.end("x");
        assert.equal((await ending(client)).by, "end");
      });
      await Promise.all(visits);
    }
    for (const each of three) {
      await heard(each, 500, "ended");
      const [began, ended] = (["began", "ended"] as const).map((name) => each.of(name).map(({ session }) => session));
      assert.equal(new Set(began).size, 500);
      assert.deepEqual(new Set(ended), new Set(began));
    }
    unheard.destroy();
  });
});
