/** The event stream when its process goes: it ends for everybody, and who comes again is told that it missed something. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import { siteBefore } from "../serve/serving.ts";
import { dial, ending, listen, says, until } from "../support/loopback.ts";
import { replaceable } from "../take-over/replaceable.ts";
import { deaf, following, heard } from "./following.ts";

suite("the event stream and its process", { timeout: 180_000 }, () => {
  test("a take-over ends it; the new process says `lost`, and tells how the sessions it was given end", async () => {
    await using target = await listen((socket) => {
      socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
    });
    const site = await siteBefore([target]);
    const [door] = site.doors;
    assert.ok(door);
    await using gateway = await replaceable(site.inventory);
    const { events } = await gateway.ask("overview");
    await using old = following(gateway.control, events);
    const unheard = await deaf(gateway.control);
    const client = await dial({ ...door, from: site.till });
    assert.equal(await says(client, "123"), "123");
    await heard(old, 1, "began");

    await gateway.takeOver();
    await old.ended;
    unheard.resume();
    await once(unheard, "close");
    await using next = following(gateway.control, old.last());
    await heard(next, 1, "lost");
    const { inside } = await gateway.ask("overview");
    assert.deepEqual(
      inside.map(({ flow, source, bytesToTarget }) => [flow, source, bytesToTarget]),
      [["flow/door1", site.till, 3]],
    );
    assert.ok((inside[0]?.session ?? 0) > 0, "it has a number of the new process");
    client.end();
    await ending(client);
    await heard(next, 1, "ended");
    const [ended] = next.of("ended");
    assert.deepEqual([ended?.["session"], ended?.["outcome"]], [inside[0]?.session, "closed"]);
    await until(() => gateway.processes().length === 1, "the old process has ended");
  });

  test("SIGTERM ends it, whoever follows; whoever drains is told of to the end", async () => {
    await using target = await listen((socket) => {
      socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
    });
    const site = await siteBefore([target]);
    const [door] = site.doors;
    assert.ok(door);
    await using gateway = await replaceable(site.inventory);
    const { events } = await gateway.ask("overview");
    await using followed = following(gateway.control, events);
    const unheard = await deaf(gateway.control);
    const closed = once(unheard.resume(), "close");
    const client = await dial({ ...door, from: site.till });
    assert.equal(await says(client, "123"), "123");
    gateway.signal("SIGTERM");
    await gateway.awaitEvent("stopping");
    assert.equal(await says(client, "45"), "45");
    client.end();
    await ending(client);
    assert.deepEqual(await gateway.exited, [0, null]);
    await followed.ended;
    await closed;
    assert.deepEqual(
      followed.events.map(({ event }) => event).filter((event) => event !== "health"),
      ["began", "ended"],
    );
  });
});
