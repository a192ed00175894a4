/** What `ecluse serve` tells of those it lets in, and of those it does not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket } from "node:net";
import { suite, test } from "node:test";
import { dial, ending, freePort, knock, listen, loopbackAddress, pause, until } from "../support/loopback.ts";
import { type LogLine, place, serve, siteBefore, withoutTime } from "./serving.ts";

/** Answers every request with so many bytes, then ends when its client does. */
function answering(answer: string): (socket: Socket) => void {
  return (socket) => void socket.on("data", () => socket.write(answer)).on("end", () => socket.end());
}

suite("the log of ecluse serve", { timeout: 180_000 }, () => {
  test("ready is its first line and says how many doors are open", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target, target]);
    await using gateway = serve(site.inventory);
    const ready = await gateway.awaitEvent("ready");
    assert.deepEqual(withoutTime(ready), { event: "ready", doors: 2, blocked: 0, flows: 2 });
    assert.match(ready.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(gateway.lines().length, 1);
  });

  test("a session is one line: who, through which door, where to, by which rule, how long, how much, who ended it", async () => {
    await using target = await listen(answering("a".repeat(1_000)));
    const site = await siteBefore([target]);
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    const [door] = site.doors;
    assert.ok(door);

    const before = Date.now();
    const client = await dial({ ...door, from: site.till });
    client.write("q".repeat(300));
    await once(client, "data");
    // The session's length is what is tested.
    await pause(300);
    client.end();
    await once(client, "close");
    const { time, started, duration, ...session } = await gateway.awaitEvent("session");
    assert.deepEqual(session, {
      event: "session",
      flow: "flow/door1",
      source: site.till,
      endpoint: place(door),
      target: place(target),
      rule: "till",
      bytesToTarget: 300,
      bytesToClient: 1_000,
      outcome: "closed",
      by: "client",
    });
    const at = Date.parse(String(started));
    assert.ok(at >= before - 5 && at <= Date.now(), String(started));
    assert.ok(Number.isInteger(duration) && Number(duration) >= 295, String(duration));
    assert.ok(Math.abs(at + Number(duration) - Date.parse(time)) < 1_000, "it ended when it was told");
    assert.equal(gateway.ofEvent("session").length, 1);
  });

  const ends: readonly (readonly [
    what: string,
    act: (client: Socket, terminal: Socket) => void,
    expected: Partial<LogLine>,
  ])[] = [
    ["closed by the target", (_, terminal) => terminal.end(), { outcome: "closed", by: "target" }],
    ["reset by the client", (client) => client.resetAndDestroy(), { outcome: "reset", by: "client" }],
    ["reset by the target", (_, terminal) => terminal.resetAndDestroy(), { outcome: "reset", by: "target" }],
  ];
  for (const [what, act, expected] of ends) {
    test(what, async () => {
      const accepted = Promise.withResolvers<Socket>();
      await using target = await listen((socket) => accepted.resolve(socket.resume()));
      const site = await siteBefore([target]);
      await using gateway = serve(site.inventory);
      await gateway.awaitEvent("ready");
      const [door] = site.doors;
      assert.ok(door);
      const client = await dial({ ...door, from: site.till });
      client.on("error", () => undefined).on("end", () => client.end());
      const terminal = await accepted.promise;
      // A byte each way: a terminal that resets before the dial is seen to succeed is a dial that failed.
      terminal.write("!");
      await once(client, "data");
      act(client, terminal);
      const { outcome, by } = await gateway.awaitEvent("session");
      assert.deepEqual({ outcome, by }, expected);
      client.destroy();
    });
  }

  test("a target that is not there: one line, with the system's word for it", async () => {
    const host = loopbackAddress();
    const site = await siteBefore([{ host, port: await freePort(host) }]);
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    const [door] = site.doors;
    assert.ok(door);
    assert.equal(await knock({ ...door, from: site.till }), "ECONNRESET");
    const { outcome, cause, bytesToTarget, bytesToClient } = await gateway.awaitEvent("session");
    assert.deepEqual([outcome, cause, bytesToTarget, bytesToClient], ["dial-failed", "ECONNREFUSED", 0, 0]);
  });

  test("no byte of what was said is in it, nor on stderr: JSON or not, closed, reset or refused", async () => {
    const asked = "CB4970101122334455=2512";
    const answered = "PAIEMENT-ACCEPTE-998877";
    await using target = await listen(answering(answered));
    const site = await siteBefore([target], { limits: "drain: 0s" });
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    const [door] = site.doors;
    assert.ok(door);
    for (const end of ["end", "resetAndDestroy"] as const) {
      const client = await dial({ ...door, from: site.till });
      client.write(asked);
      const [reply] = (await once(client, "data")) as [Buffer];
      assert.equal(reply.toString(), answered);
      client[end]();
    }
    const stranger = await dial({ ...door, from: site.stranger });
    const refused = ending(stranger);
    stranger.write(asked);
    await refused;
    const left = await dial({ ...door, from: site.till });
    left.on("error", () => undefined).write(asked);
    await once(left, "data");
    await gateway.awaitEvent("session", 2);
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [1, null]);
    await gateway.awaitEvent("stopped");
    assert.equal(gateway.ofEvent("session").length, 3);
    assert.equal(gateway.ofEvent("refused").length, 1);
    const all = gateway.text().join("\n") + gateway.errors();
    for (const marker of [asked, answered, asked.slice(2, 12), answered.slice(0, 8)]) assert.ok(!all.includes(marker));
  });

  test("1,000 knocks are one line per source and door, with the right count, and cost no dial", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target, target]);
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    const strangers = [site.stranger, loopbackAddress()];
    const codes = new Map<string, number>();
    const began = performance.now();
    const places = strangers.flatMap((from) => site.doors.map((door) => ({ ...door, from })));
    for (let round = 0; round < 250; round += 1) {
      const heard = await Promise.all(places.map((at) => knock(at)));
      for (const code of heard) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    assert.deepEqual([...codes], [["ECONNRESET", 1_000]]);
    assert.equal(gateway.ofEvent("session").length, 0);
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
    await gateway.awaitEvent("stopped");
    const refused = gateway.ofEvent("refused");
    // One report at the end, and perhaps some while the knocking went on (every 10 s).
    const reports = 2 + Math.floor((performance.now() - began) / 10_000);
    assert.ok(refused.length >= 4 && refused.length <= 4 * reports, String(refused.length));
    const total = (key: string): number =>
      refused.filter((line) => sourceAndFlow(line) === key).reduce((sum, { count }) => sum + Number(count), 0);
    for (const source of strangers) {
      for (const flow of ["flow/door1", "flow/door2"]) assert.equal(total(`${source} ${flow}`), 250);
    }
    assert.deepEqual(
      new Set(refused.map(({ outcome, reason }) => `${String(outcome)} ${String(reason)}`)),
      new Set(["denied not-listed"]),
    );
    assert.equal(target.count.total, 0);
  });

  test("one who finds no room is told of as such", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target], { limits: "perSource: 1, drain: 0s" });
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    const [door] = site.doors;
    assert.ok(door);
    const first = await dial({ ...door, from: site.till });
    first.on("error", () => undefined);
    await until(() => target.count.open === 1, "the first is inside");
    assert.equal(await knock({ ...door, from: site.till }), "ECONNRESET");
    gateway.signal("SIGTERM");
    await gateway.exited;
    await gateway.awaitEvent("stopped");
    assert.deepEqual(withoutTime(await gateway.awaitEvent("refused")), {
      event: "refused",
      flow: "flow/door1",
      source: site.till,
      outcome: "overload",
      reason: "source",
      count: 1,
    });
  });
});

function sourceAndFlow({ source, flow }: LogLine): string {
  return `${String(source)} ${String(flow)}`;
}
