/** How `ecluse serve` ends, and what does not end it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import { type Peer, dial, ending, knock, listen, until } from "../support/loopback.ts";
import { type Serving, type Site, inventoryFile, serve, siteBefore, startProgram, withoutTime } from "./serving.ts";

/** A gateway with one session inside. */
interface Inside extends AsyncDisposable {
  readonly gateway: Serving;
  readonly site: Site;
  readonly door: { readonly host: string; readonly port: number };
  readonly terminal: Peer;
  readonly client: Socket;
}

async function oneInside(limits: string): Promise<Inside> {
  await using resources = new AsyncDisposableStack();
  const terminal = resources.use(await listen((socket) => void socket.pipe(socket)));
  const site = await siteBefore([terminal], { limits });
  const gateway = resources.use(serve(site.inventory));
  const [door] = site.doors;
  assert.ok(door);
  await gateway.awaitEvent("ready");
  const client = await dial({ ...door, from: site.till });
  resources.defer(() => void client.destroy());
  await says(client, "before");
  const owned = resources.move();
  return { gateway, site, door, terminal, client, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Says something that the terminal's echo answers. */
async function says(client: Socket, words: string): Promise<void> {
  client.write(words);
  const [reply] = (await once(client, "data")) as [Buffer];
  assert.equal(reply.toString(), words);
}

const STOPS = ["SIGTERM", "SIGINT"] as const;

suite("signals to ecluse serve", { timeout: 180_000 }, () => {
  for (const signal of STOPS) {
    test(`${signal} closes the doors at once, lets the session inside finish, and ends with 0`, async () => {
      await using inside = await oneInside("drain: 60s");
      const { gateway, site, door, client } = inside;
      gateway.signal(signal);
      const stopping = await gateway.awaitEvent("stopping");
      assert.deepEqual(withoutTime(stopping), { event: "stopping", sessions: 1, within: 60_000 });
      assert.equal(await knock({ ...door, from: site.till }), "ECONNREFUSED");
      await says(client, "after");
      assert.equal(gateway.child.exitCode, null);
      client.end();
      assert.deepEqual(await gateway.exited, [0, null]);
      const { outcome, by } = await gateway.awaitEvent("session");
      assert.deepEqual([outcome, by], ["closed", "client"]);
      assert.deepEqual(withoutTime(await gateway.awaitEvent("stopped")), { event: "stopped", cut: 0 });
      assert.equal(gateway.lines().at(-1)?.event, "stopped");
    });
  }

  test("when the drain limit is over the session is cut, told as drained, and it ends with 1", async () => {
    await using inside = await oneInside("drain: 300ms");
    const { gateway, client } = inside;
    const end = ending(client);
    const before = performance.now();
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [1, null]);
    assert.ok(performance.now() - before >= 300, "the session had its time");
    assert.equal((await end).by, "ECONNRESET");
    const { outcome, by } = await gateway.awaitEvent("session");
    assert.deepEqual([outcome, by], ["drained", "gateway"]);
    assert.equal((await gateway.awaitEvent("stopped"))["cut"], 1);
  });

  test("a second SIGTERM ends the wait at once", async () => {
    await using inside = await oneInside("drain: 1h");
    const { gateway, client } = inside;
    const end = ending(client);
    gateway.signal("SIGTERM");
    await gateway.awaitEvent("stopping");
    const before = performance.now();
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [1, null]);
    assert.ok(performance.now() - before < 30_000);
    assert.equal((await end).by, "ECONNRESET");
    assert.equal((await gateway.awaitEvent("session"))["outcome"], "drained");
    assert.deepEqual(
      gateway.ofEvent("stopping").map(({ within }) => within),
      [3_600_000, 0],
    );
    assert.equal((await gateway.awaitEvent("stopped"))["cut"], 1);
  });

  test("SIGTERM while it reads its inventory: it ends with 0 and has opened nothing", async () => {
    const file = inventoryFile(manyFlows());
    await using program = startProgram(["serve", "--inventory", file.path, ...file.ownPlaces]);
    let output = "";
    program.child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await until(() => childrenOf(program.pid).length > 0, "the reading process");
    const [reader] = childrenOf(program.pid);
    program.signal("SIGTERM");
    assert.deepEqual(await program.exited, [0, null]);
    assert.equal(output + program.errors(), "");
    await until(() => !isAlive(reader ?? 0), "the reading process has ended too");
    file.remove();
  });

  test("SIGTERM while it opens thousands of doors: it ends with 0, and no line of its log is missing", async () => {
    await using gateway = serve(manyFlows());
    // The first line can only be of a door: they are blocked on a host without that address.
    await gateway.awaitEvent("blocked");
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
    await gateway.awaitEvent("stopped");
    const told = gateway.lines().map(({ event }) => event);
    const last = told.lastIndexOf("blocked");
    assert.ok(
      ["stopping,stopped", "ready,stopping,stopped"].includes(told.slice(last + 1).join()),
      told.slice(-5).join(),
    );
    assert.deepEqual(gateway.ofEvent("log-dropped"), []);
  });

  test("SIGINT to the whole process group, as Ctrl-C sends it, while it reads: no error of a dead reader", async () => {
    const file = inventoryFile(manyFlows());
    await using program = startProgram(["serve", "--inventory", file.path, ...file.ownPlaces], { detached: true });
    await until(() => childrenOf(program.pid).some(leadsOwnGroup), "the reading process, in a session of its own");
    process.kill(-program.pid, "SIGINT");
    assert.deepEqual(await program.exited, [0, null]);
    assert.equal(program.errors(), "");
    file.remove();
  });

  test("SIGHUP to the whole process group while it reads: it is served all the same, and the file applied once more", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    await using gateway = serve(site.inventory, { detached: true });
    await until(() => childrenOf(gateway.pid).some(leadsOwnGroup), "the reading process, in a session of its own");
    process.kill(-gateway.pid, "SIGHUP");
    assert.equal((await gateway.awaitEvent("ready"))["doors"], 1);
    assert.equal((await gateway.awaitEvent("changed"))["what"], "unchanged");
  });

  test("SIGHUP applies the file, SIGUSR1 and SIGUSR2 are told; none ends anything or opens a debugger", async () => {
    await using inside = await oneInside("drain: 60s");
    const { gateway, client } = inside;
    gateway.signal("SIGHUP");
    const changed = { event: "changed", what: "unchanged", by: "SIGHUP", detail: "inventory 1" };
    assert.deepEqual(withoutTime(await gateway.awaitEvent("changed")), changed);
    for (const [index, signal] of (["SIGUSR1", "SIGUSR2"] as const).entries()) {
      gateway.signal(signal);
      const ignored = withoutTime(await gateway.awaitEvent("ignored", index + 1));
      assert.deepEqual(ignored, { event: "ignored", signal, message: "it has no meaning here" });
    }
    await says(client, "still here");
    assert.equal(gateway.errors(), "", "Node says there that its debugger listens");
    assert.equal(gateway.child.exitCode, null);
  });
});

const FLOWS = 7_000;

/** So many doors, on an address that no host has, that both reading and opening them take a while. */
function manyFlows(): string {
  const flows = Array.from(
    { length: FLOWS },
    (_, index) => `  f${index}: { listen: "192.0.2.1:${20_000 + index}", target: "127.64.0.1:9000", allow: [s] }`,
  );
  return [
    "gateway: { address: 192.0.2.1 }",
    "sources: { s: { addresses: [127.64.0.2], owner: Sales, reason: a test } }",
    "flows:",
    ...flows,
  ].join("\n");
}

/** Linux, proc(5): the children of a process's main thread. */
function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process has left its parent's group. */
function leadsOwnGroup(pid: number): boolean {
  const group = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2];
  return Number(group) === pid;
}
