/** `plan`, `apply`, `confirm`, `rollback`, `history`: a change seen, made, kept or taken back. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../src/cli/clock.ts";
import { dial, knock, listen, until } from "../support/loopback.ts";
import { eventually, run, running } from "./running.ts";

/** The stranger may enter, too. */
function withStranger(stranger: string): (inventory: string) => string {
  return (text) =>
    text
      .replace("sources: {", `sources: { guest: { addresses: [${stranger}], owner: Sales, reason: a test },`)
      .replace("allow: [till]", "allow: [till, guest]");
}

suite("plan and apply", { timeout: 180_000 }, () => {
  test("plan: nothing changes, exit 0; who gains, exit 1; apply lets them in, and history has both", async () => {
    await using target = await listen((socket) => socket.end("hello"));
    await using gateway = await running([target]);
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    assert.deepEqual(await ecluse("plan"), { exit: 0, out: "nothing changes\n", err: "" });
    gateway.write(withStranger(site.stranger));
    const gains = `${site.stranger} (guest) gains 1 flow: flow/door1\n`;
    const planned = await ecluse("plan");
    assert.deepEqual([planned.exit, planned.out], [1, gains]);
    assert.equal(await knock({ ...door, from: site.stranger }), "ECONNRESET", "planned is not applied");

    const applied = await ecluse("apply", "--note", "a guest");
    assert.deepEqual(applied, { exit: 0, out: `${gains}applied as inventory 2\n`, err: "" });
    assert.equal(await knock({ ...door, from: site.stranger }), "end");
    assert.equal((await ecluse("plan")).exit, 0);
    const again = await ecluse("apply");
    assert.equal(again.out, "nothing to apply: the file is what runs, inventory 2\n");

    const { out } = await ecluse("history");
    const [header = "", ...rows] = out.trimEnd().split("\n");
    assert.match(header, /^NUMBER +APPLIED +BY +HASH +STATE +NOTE$/);
    assert.equal(rows.length, 2);
    assert.match(rows[0] ?? "", /^2 +\d{4}-\d\d-\d\dT\S+ +operator +[0-9a-f]{12} +in force +a guest$/);
    assert.match(rows[1] ?? "", /^1 +\S+ +ecluse: first start +[0-9a-f]{12}$/);
  });

  test("an inventory with an error: its findings with their lines, exit 2, and nothing changes", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    const { file } = gateway;
    gateway.write((text) => text.replace("allow: [till]", "allow: [nobody-known]"));
    for (const command of ["plan", "apply"]) {
      let err = "";
      await assert.rejects(
        run([command, "--inventory", file], (text) => void (err += text)),
        { code: "inventory-refused" },
      );
      assert.match(err, /ecluse\.yaml:4:\d+: error: .*nobody-known/);
      assert.match(err, /^ +4 \| .*allow: \[nobody-known\]/m);
    }
    const status = (await gateway.json("status")) as { inventory: { number: number } };
    assert.equal(status.inventory.number, 1);
    gateway.write((text) => `${text}  {`);
    assert.equal(
      (await gateway.ecluse("rollback", "1")).out,
      "nobody gains or loses anything\napplied as inventory 2\n",
    );
  });

  test("a session in progress that loses its right is counted, and no other at the same flow", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target]);
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    gateway.write(withStranger(site.stranger));
    await ecluse("apply");
    const inside = await dial({ ...door, from: site.till });
    const stays = await dial({ ...door, from: site.stranger });
    inside.on("error", () => undefined);
    await until(() => target.count.open === 2, "two sessions");
    gateway.write((text) => withStranger(site.stranger)(text).replace("[till, guest]", "[guest]"));
    const { exit, out } = await ecluse("plan");
    assert.equal(exit, 1);
    assert.match(out, / \(till\) loses 1 flow: flow\/door1\n/);
    assert.match(out, /\n1 session in progress where access is lost\n$/);
    inside.destroy();
    stays.destroy();
    await until(() => target.count.open === 0, "their ends");
  });
});

suite("apply --confirm", { timeout: 180_000 }, () => {
  test("goes back by itself unless confirmed", async () => {
    await using target = await listen((socket) => socket.end());
    let timeIsOver = (): void => undefined;
    const clock = {
      ...systemClock,
      every: (period: number, callback: () => void): (() => void) => {
        if (period !== 7_000) return systemClock.every(period, callback);
        timeIsOver = callback;
        return () => (timeIsOver = () => undefined);
      },
    };
    await using gateway = await running([target], { clock });
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    gateway.write(withStranger(site.stranger));
    const { out } = await ecluse("apply", "--confirm", "7s");
    assert.match(out, /applied as inventory 2\nunless ecluse confirm comes before \S+, it goes back to inventory 1\n$/);
    assert.match((await ecluse("status")).out, /^pending +2 goes back to 1 at /m);
    assert.match((await ecluse("history")).out, /^2 .* pending$/m);
    assert.equal(await knock({ ...door, from: site.stranger }), "end");
    timeIsOver();
    await eventually(
      () => ecluse("history"),
      ({ out: listed }) => /^3 .* ecluse: not confirmed in time .* in force +back to 1$/m.test(listed),
    );
    assert.equal(await knock({ ...door, from: site.stranger }), "ECONNRESET");
    assert.match((await ecluse("history")).out, /^2 .* not confirmed$/m);
    await assert.rejects(ecluse("confirm"), { code: "usage", message: /no application waits/ });
  });

  test("confirmed in time, it stays; rollback takes it back, by number or to the one before", async () => {
    await using target = await listen((socket) => socket.end());
    await using gateway = await running([target]);
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    gateway.write(withStranger(site.stranger));
    await ecluse("apply", "--confirm", "1h");
    assert.equal((await ecluse("confirm")).out, "inventory 2 is confirmed\n");
    assert.doesNotMatch((await ecluse("status")).out, /pending/);
    const preview = await ecluse("plan", "--number", "1");
    assert.equal(preview.exit, 1);
    assert.match(preview.out, /\(guest\) loses 1 flow/);
    const back = await ecluse("rollback");
    assert.match(back.out, /\(guest\) loses 1 flow: flow\/door1\n(.*\n)*applied as inventory 3\n$/);
    assert.equal(await knock({ ...door, from: site.stranger }), "ECONNRESET");
    assert.match((await ecluse("rollback", "2")).out, /gains 1 flow: flow\/door1\napplied as inventory 4\n$/);
    assert.equal(await knock({ ...door, from: site.stranger }), "end");
    await assert.rejects(ecluse("rollback", "9"), { code: "usage", hint: "the history has 1 to 4" });
    await assert.rejects(ecluse("rollback", "first"), { code: "usage" });
    await assert.rejects(ecluse("apply", "--confirm", "1s"), { code: "usage", message: /out of bounds/ });
    await assert.rejects(ecluse("apply", "--confirm", "60"), { code: "usage", message: /no such duration/ });
  });
});
