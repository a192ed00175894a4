/** `drain`, `close`, `open`, `sessions`, `status`: single flows, and those inside. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import type { Answered } from "../../src/answers/answered.ts";
import { dial, ending, knock, listen, until } from "../support/loopback.ts";
import { eventually, running } from "./running.ts";

suite("drain, close, open", { timeout: 180_000 }, () => {
  test("drain refuses newcomers while the session inside finishes; open lets in again", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using other = await listen((socket) => socket.end());
    await using gateway = await running([target, other]);
    const { site, ecluse } = gateway;
    const [door, elsewhere] = site.doors;
    assert.ok(door && elsewhere);
    const inside = await dial({ ...door, from: site.till });
    await until(() => target.count.open === 1, "a session");
    assert.deepEqual(await ecluse("drain", "door1", "--reason", "exchanged tomorrow"), {
      ...{ exit: 0, out: "draining: 1 flow: flow/door1\n", err: "" },
    });
    assert.equal(await knock({ ...door, from: site.till }), "ECONNRESET");
    assert.equal(await knock({ ...elsewhere, from: site.till }), "end");
    assert.match((await ecluse("status")).out, /^draining +flow\/door1 since \S+ by operator: exchanged tomorrow$/m);

    inside.write("still here");
    assert.equal(String((await once(inside, "data"))[0]), "still here");
    inside.end();
    assert.equal((await ending(inside)).by, "end");
    await eventually(
      () => ecluse("journal", "door1"),
      ({ out }) => /flow\/door1 .* 10 B +10 B +closed +client/.test(out),
    );
    assert.equal((await ecluse("open", "door1")).out, "open: 1 flow: flow/door1\n");
    const again = await dial({ ...door, from: site.till });
    await until(() => target.count.open === 1, "a session again");
    again.destroy();
    assert.doesNotMatch((await ecluse("status")).out, /draining/);
  });

  test("close '*' ends those inside as onRevoke says; no selector names nothing", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using other = await listen((socket) => socket.pipe(socket));
    await using gateway = await running([target, other], {
      edit: (text) => text.replace("allow: [till]", "allow: [till], onRevoke: cut"),
    });
    const { site, ecluse } = gateway;
    const [door, kept] = site.doors;
    assert.ok(door && kept);
    const [inside, draining] = [await dial({ ...door, from: site.till }), await dial({ ...kept, from: site.till })];
    const cut = ending(inside);
    await until(() => target.count.open + other.count.open === 2, "two sessions");
    assert.equal((await ecluse("close", "*")).out, "closed: 2 flows: flow/door1, flow/door2\n");
    assert.equal((await cut).by, "ECONNRESET");
    const listed = await ecluse("sessions");
    assert.match(
      listed.out,
      /^FLOW +SOURCE +RULE +AGE +TO IT +BACK +PHASE\nflow\/door2 +\S+ +till +.* open, leaving\n$/,
    );
    draining.destroy();
    await eventually(
      () => ecluse("sessions"),
      ({ out }) => out === "no session is open\n",
    );
    assert.deepEqual(await gateway.json("sessions"), []);
    await assert.rejects(ecluse("open", "door9"), { code: "no-such-flow", hint: /did you mean flow\/door1/ });
    await assert.rejects(ecluse("sessions", "door9"), { code: "no-such-flow" });
  });
});

suite("status", { timeout: 180_000 }, () => {
  test("what runs, in lines; a blocked door is told, with exit 1", async () => {
    await using target = await listen(() => undefined);
    await using squatter = await listen(() => undefined);
    await using gateway = await running([target, target], {
      edit: (text) => text.replace(/door2: \{ listen: \S+,/, `door2: { listen: ${squatter.host}:${squatter.port},`),
    });
    const { exit, out } = await gateway.ecluse("status");
    assert.equal(exit, 1);
    assert.match(out, /^inventory +1 \([0-9a-f]{12}\), applied \S+ by ecluse: first start$/m);
    assert.match(out, /^doors +1 door open for 2 flows$/m);
    assert.match(out, /^blocked +flow\/door2: Cannot listen on .*: address already in use/m);
    assert.match(out, /^sessions +0 open, at most \d+\nhealth +\d up, 0 down, \d not heard of yet$/m);
    assert.match(out, /^attention +1 door blocked: /m);
    await eventually(
      () => gateway.ecluse("status"),
      (printed) => /^journal +writing, in \/.*journal\.sqlite \(.* kB\)$/m.test(printed.out),
    );
  });

  test("a terminal that a session could not reach is told, since when and why, and is no reason to exit with 1", async () => {
    const target = await listen(() => undefined);
    await using sound = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target, sound]);
    const { site, ecluse } = gateway;
    const [door, other] = site.doors;
    assert.ok(door && other);
    const visitor = await dial({ ...other, from: site.till });
    visitor.end("x");
    await ending(visitor);
    await target[Symbol.asyncDispose]();
    await knock({ ...door, from: site.till });
    const { out, exit } = await eventually(
      () => ecluse("status"),
      (printed) => /^health +1 up, 1 down, 0 not heard of yet$/m.test(printed.out),
    );
    assert.match(out, /^down +flow\/door1: down since \S+ \(ECONNREFUSED\)$/m);
    assert.equal(exit, 0);
    const { health } = (await gateway.json("status")) as Answered["status"];
    const { troubles, ...counts } = health;
    assert.deepEqual(counts, { up: 1, down: 1, unheard: 0 });
    assert.deepEqual(
      troubles.map((trouble) => trouble.what),
      ["terminal-down"],
    );
  });

  test("of some flows: their doors, sessions, operations and grants, and no others", async () => {
    await using target = await listen((socket) => socket.pipe(socket));
    await using squatter = await listen(() => undefined);
    await using gateway = await running([target, target], {
      edit: (text) => text.replace(/door2: \{ listen: \S+,/, `door2: { listen: ${squatter.host}:${squatter.port},`),
    });
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const inside = await dial({ ...door, from: site.till });
    await until(() => target.count.open === 1, "a session");
    await knock({ ...door, from: site.stranger });
    await ecluse("drain", "door2");
    await ecluse("grant", site.stranger, "door2", "--for", "1h", "--reason", "a test");
    const { exit, out } = await ecluse("status", "door1");
    assert.equal(exit, 0);
    assert.match(out, /^doors +1 door open for 1 flow\nsessions +1 open, at most \d+\nhealth +\d up, 0 down, \d not/m);
    assert.doesNotMatch(out, /door2|attention/);
    const other = (await gateway.json("status", "door2")) as Answered["status"];
    assert.deepEqual([other.flows, other.doors.open, other.sessions.open], [1, 0, 0]);
    assert.deepEqual([other.doors.blocked.length, other.operations.length, other.grants.list.length], [1, 1, 1]);
    assert.deepEqual(other.counts, { sessions: 1, refusals: 1 });
    await assert.rejects(ecluse("status", "door9"), { code: "no-such-flow" });
    inside.destroy();
  });
});
