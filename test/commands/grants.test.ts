/** `grant`, `grants`, `revoke`: a source that may come for a while. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dial, ending, knock, listen, until } from "../support/loopback.ts";
import { eventually, running } from "./running.ts";

suite("grant, grants, revoke", { timeout: 180_000 }, () => {
  test("a stranger is let in, listed, and out again when revoked", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target], {
      edit: (text) => text.replace("allow: [till]", "allow: [till], onRevoke: cut"),
    });
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    assert.equal((await ecluse("grants")).out, "no temporary grant\n");
    assert.equal(await knock({ ...door, from: site.stranger }), "ECONNRESET");
    const granted = await ecluse("grant", site.stranger, "door1", "--for", "2h", "--reason", "Ticket 4711");
    const source = site.stranger.replaceAll(".", "\\.");
    assert.match(
      granted.out,
      new RegExp(`^g1: ${source} may enter at flow/door1 until \\S+\nto end it sooner: .* g1\n$`),
    );
    assert.match(
      (await ecluse("grants")).out,
      new RegExp(`^ID +SOURCE .*\ng1 +${source} +\\S+ +operator +flow/door1 +Ticket 4711\n$`),
    );
    assert.match(
      (await ecluse("status")).out,
      new RegExp(`^grant +g1: ${source} at flow/door1 until .*Ticket 4711$`, "m"),
    );

    const inside = await dial({ ...door, from: site.stranger });
    const cut = ending(inside);
    await until(() => target.count.open === 1, "the stranger's session");
    assert.match(
      (await ecluse("sessions", "door1")).out,
      new RegExp(`^flow/door1 +${source} +${source} .* open$`, "m"),
    );
    assert.equal((await ecluse("revoke", "g1")).out, "g1 is revoked\n");
    assert.equal((await cut).by, "ECONNRESET");
    assert.equal(await knock({ ...door, from: site.stranger }), "ECONNRESET");
    assert.deepEqual(await gateway.json("grants"), { list: [], aside: [] });
    await assert.rejects(ecluse("revoke", "g1"), { code: "usage", hint: "no temporary grant is in force" });
    const { out } = await eventually(
      () => ecluse("changes"),
      (printed) => printed.out.includes("revoked"),
    );
    assert.match(out, /operator +granted +.*Ticket 4711/);
  });

  test("one whose flow the inventory has no more is set aside, and told", async () => {
    await using first = await listen(() => undefined);
    await using second = await listen(() => undefined);
    await using gateway = await running([first, second]);
    const { site, ecluse } = gateway;
    await ecluse("grant", site.stranger, "door2", "--for", "1h", "--reason", "a test");
    gateway.write((text) => text.replace(/^ {2}door2.*\n/m, ""));
    await ecluse("apply");
    assert.match(
      (await ecluse("grants")).out,
      /\n\nSET ASIDE +SOURCE .*\ng1 +\S+ +the inventory has no such flow +flow\/door2\n$/,
    );
    assert.match((await ecluse("status")).out, /^set aside +g1 at flow\/door2: /m);
  });

  const mistakes: readonly (readonly [string, readonly string[]])[] = [
    ["without --for", ["door1", "--reason", "a test"]],
    ["without --reason", ["door1", "--for", "2h"]],
    ["for ever", ["door1", "--for", "400d", "--reason", "a test"]],
    ["at no flow", ["door7", "--for", "2h", "--reason", "a test"]],
  ];
  for (const [name, words] of mistakes) {
    test(`${name}: an error, and nobody is let in`, async () => {
      await using target = await listen(() => undefined);
      await using gateway = await running([target]);
      const { site, ecluse } = gateway;
      const code = name === "at no flow" ? "no-such-flow" : "usage";
      await assert.rejects(ecluse("grant", site.stranger, ...words), { code });
      assert.deepEqual(await gateway.json("grants"), { list: [], aside: [] });
    });
  }
});
