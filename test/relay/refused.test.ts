/** Who is not let in gets RST, costs no dial, and is counted. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dial, ending, ipv4, knock, listen, loopbackAddress, until } from "../support/loopback.ts";
import { freeEndpoint, openDoor, policyOf, startRelay } from "../support/relay.ts";

suite("a refused peer", () => {
  test("sees RST, is counted with its address and reason, and the terminal hears nothing of it", async () => {
    await using terminal = await listen(() => undefined);
    const till = loopbackAddress();
    await using door = await openDoor(terminal, { allow: [till] });
    const strangers = Array.from({ length: 20 }, loopbackAddress).filter((stranger) => stranger !== till);
    for (const from of strangers) assert.equal(await knock({ ...door, from }), "ECONNRESET");
    assert.deepEqual(
      door.refused,
      strangers.map((stranger) => ({
        flow: "flow/test-0",
        endpoint: door.endpoint,
        source: ipv4(stranger),
        outcome: "denied",
        reason: "not-listed",
      })),
    );
    assert.equal(terminal.count.total, 0);
    assert.equal(door.relay.sessions, 0);
    assert.deepEqual(door.ended, []);
    // The same door lets in who is listed.
    const client = await dial({ ...door, from: till });
    await until(() => terminal.count.total === 1, "the till at the terminal");
    client.destroy();
  });

  test("also where it has spoken at once: its bytes go nowhere", async () => {
    await using terminal = await listen(() => undefined);
    await using door = await openDoor(terminal, { allow: [] });
    const seen = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const client = await dial(door).catch(() => undefined);
        client?.write("CZ0040300");
        return client === undefined ? "ECONNRESET" : (await ending(client)).by;
      }),
    );
    for (const by of seen) assert.match(by, /^(ECONNRESET|EPIPE)$/);
    assert.equal(door.refused.length, 50);
    assert.equal(terminal.count.total, 0);
  });

  test("nobody is listed: nobody enters", async () => {
    await using terminal = await listen(() => undefined);
    await using door = await openDoor(terminal, { allow: [] });
    assert.equal(await knock(door), "ECONNRESET");
    assert.equal(terminal.count.total, 0);
  });

  test("a flow's grants are its own: the neighbour's till is refused next door", async () => {
    await using terminal = await listen((socket) => socket.resume());
    const [ours, theirs] = [await freeEndpoint(), await freeEndpoint()];
    const [till, neighbour] = ["127.64.0.1", "127.64.0.2"];
    await using started = startRelay();
    await started.relay.apply(
      policyOf([
        { id: "depot01-tpe01", listen: ours.endpoint, target: terminal.endpoint, allow: [till] },
        { id: "depot22-tpe01", listen: theirs.endpoint, target: terminal.endpoint, allow: [neighbour] },
      ]),
    );
    assert.equal(await knock({ ...ours, from: neighbour }), "ECONNRESET");
    assert.equal(await knock({ ...theirs, from: till }), "ECONNRESET");
    assert.deepEqual(
      started.refused.map(({ flow }) => flow),
      ["depot01-tpe01", "depot22-tpe01"],
    );
    assert.equal(terminal.count.total, 0);
  });
});
