/** What the journal knows of flows that are gone, and of a gateway that does not run. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Answered } from "../../src/answers/answered.ts";
import { dial, ending, knock, listen } from "../support/loopback.ts";
import { type Running, eventually, run, running } from "./running.ts";

async function pay({ site }: Running, index: number): Promise<void> {
  const door = site.doors[index];
  assert.ok(door);
  const socket = await dial({ ...door, from: site.till });
  socket.end("x");
  assert.equal((await ending(socket)).by, "end");
}

/** Terminals of a depot, and one other flow, before the same target. */
function withDepot(target: { readonly host: string; readonly port: number }): (inventory: string) => string {
  const terminal = `{ address: ${target.host}, port: ${target.port} }`;
  return (text) =>
    [
      text,
      `depots: { 22: { allow: [till], terminals: { 1: ${terminal} } } }`,
      "exceptions:",
      "  - { rule: terminal-outside-network, on: depot22, reason: a test }",
      "  - { rule: terminal-on-loopback, on: depot22, reason: a test }",
      "",
    ].join("\n");
}

async function flowsOf(gateway: Running, ...words: readonly string[]): Promise<readonly unknown[]> {
  const { rows } = (await gateway.json("journal", ...words)) as Answered["journal"];
  return rows.map(({ flow }) => flow).sort();
}

suite("journal of flows that are gone", { timeout: 180_000 }, () => {
  test("a terminal that the inventory has no more is found by every name it had", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target, target], { edit: withDepot(target) });
    const { site, ecluse } = gateway;
    await pay(gateway, 0);
    await pay(gateway, 1);
    const inside = await dial({ host: site.doors[0]?.host ?? "", port: 12_201, from: site.till });
    inside.end();
    await ending(inside);
    await eventually(
      () => ecluse("journal"),
      ({ out }) => out.split("\n").length === 5,
    );
    gateway.write((text) => text.replace(/^ {2}door2.*\n/m, ""));
    await ecluse("apply");
    const [, door2] = site.doors;
    for (const name of ["depot22-tpe01", "22/1", "depot22", "12201", "Dépôt 22 / TPE 01", "depot2*"]) {
      assert.deepEqual(await flowsOf(gateway, name), ["depot22-tpe01"], name);
    }
    assert.deepEqual(await flowsOf(gateway, "door2"), ["flow/door2"]);
    assert.deepEqual(await flowsOf(gateway, String(door2?.port)), ["flow/door2"]);
    assert.deepEqual(await flowsOf(gateway, target.host), ["depot22-tpe01", "flow/door1", "flow/door2"]);
    assert.deepEqual(await flowsOf(gateway, "*"), ["depot22-tpe01", "flow/door1", "flow/door2"]);
    await assert.rejects(ecluse("journal", "door7"), { code: "no-such-flow", hint: /flow\/door2/ });
    await assert.rejects(ecluse("sessions", "door2"), { code: "no-such-flow" }, "nothing else finds them");
  });
});

suite("without a gateway, but with its journal", { timeout: 180_000 }, () => {
  /** One that has carried a session at door 1, refused a stranger, and was stopped. */
  async function stopped(): Promise<AsyncDisposable & { readonly gateway: Running }> {
    const target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    const gateway = await running([target, target, target]);
    const [door] = gateway.site.doors;
    assert.ok(door);
    await pay(gateway, 0);
    await knock({ ...door, from: gateway.site.stranger });
    await gateway.ecluse("drain", "door1");
    gateway.write((text) => text.replace(/^ {2}door3.*\n/m, ""));
    await gateway.ecluse("apply");
    await gateway.stop();
    return {
      gateway,
      [Symbol.asyncDispose]: async () => {
        await gateway[Symbol.asyncDispose]();
        await target[Symbol.asyncDispose]();
      },
    };
  }

  test("journal, refusals, usage and changes are answered from the file, and say so", async () => {
    await using site = await stopped();
    const { ecluse, state } = site.gateway;
    const warning = `ecluse: warning: no gateway runs: ${join(state, "journal.sqlite")} is read directly\n`;
    for (const [words, expected] of [
      [["journal"], /^STARTED .*\n\S+ +flow\/door1 .* closed +client\n$/],
      [["journal", "door1"], /\n\S+ +flow\/door1 /],
      [["journal", "door2"], /^no session\n$/],
      [["refusals"], /^SOURCE .*\n127\S+ +1 .*not-listed: 1\n$/],
      [["changes"], /^NUMBER .*\n3 .*applied.*\n2 .*operated.*\n1 .*started/],
      [["journal", "--verify"], /^unbroken: 3 records checked; the last is 3, with hash [0-9a-f]{64}\n$/],
    ] as const) {
      const { exit, out, err } = await ecluse(...words);
      assert.equal(exit, 0);
      assert.match(out, expected, words.join(" "));
      assert.equal(err, warning);
    }
    const usage = await ecluse("usage");
    assert.match(usage.out, /^FLOW +NEVER ENTERED BY\nflow\/door2 +till\n$/, "of what was applied last");
    assert.ok(usage.err.startsWith(warning));
    await assert.rejects(ecluse("journal", "door9"), { code: "no-such-flow" });
    for (const words of [["status"], ["sessions"], ["top"]]) {
      await assert.rejects(ecluse(...words), { code: "no-gateway" }, words.join(" "));
    }
  });

  test("the state may be named; a socket alone names none; without a file nobody answers", async () => {
    await using site = await stopped();
    const { state, control } = site.gateway;
    await assert.rejects(site.gateway.ecluse("journal", "--control", control), { code: "no-gateway" });
    assert.match((await run(["journal", "--control", control, "--state", state])).out, /flow\/door1/);
    rmSync(join(state, "history"), { recursive: true });
    assert.match((await site.gateway.ecluse("journal", "door1")).out, /flow\/door1/);
    await assert.rejects(site.gateway.ecluse("usage"), { code: "inventory-unreadable" });
    rmSync(join(state, "journal.sqlite"));
    await assert.rejects(site.gateway.ecluse("journal"), { code: "no-gateway" });
    writeFileSync(join(state, "journal.sqlite"), "no journal");
    await assert.rejects(site.gateway.ecluse("journal"), { code: "journal-unavailable", message: /Cannot read/ });
  });

  test("a gateway that runs behind another socket keeps its file to itself", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    const elsewhere = ["--control", `${gateway.control}.other`, "--state", gateway.state];
    await eventually(
      () => gateway.ecluse("changes"),
      ({ out }) => out.includes("started"),
    );
    await assert.rejects(run(["journal", ...elsewhere]), { code: "journal-unavailable", hint: /control socket/ });
  });

  test("--verify takes the record whole", async () => {
    for (const words of [["door1"], ["--from", "1h"], ["--limit", "5"], ["--csv"], ["--outcome", "closed"]]) {
      await assert.rejects(run(["journal", "--verify", ...words]), { code: "usage" }, words.join(" "));
    }
  });
});
