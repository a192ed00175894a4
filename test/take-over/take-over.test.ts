/** A new process takes over from the running one: nobody outside notices, and nothing inside is forgotten. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { ANSWERS } from "../../src/control/answer-schemas.ts";
import { VERSION } from "../../src/version.ts";
import {
  type Peer,
  type Place,
  dial,
  ending,
  isListening,
  knock,
  listen,
  loopbackAddress,
  pause,
  says,
  turns,
  until,
} from "../support/loopback.ts";
import { soloTerminal } from "../support/solo-terminal.ts";
import { serve, siteBefore } from "../serve/serving.ts";
import type { Build } from "./build.ts";
import { type Replaceable, replaceable } from "./replaceable.ts";

function echo(socket: Socket): void {
  socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
}

/** The journal's sessions, once there are so many: rows are written a moment after they are told of. */
async function journalled(gateway: Replaceable, count: number) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const { rows } = await gateway.ask("journal");
    if (rows.length >= count || performance.now() > deadline) return rows;
    await turns(50);
  }
}

function hasOpen(pid: number, name: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => targetOf(join(folder, fd)).endsWith(name));
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // Closed meanwhile.
    return "";
  }
}

interface Scene extends AsyncDisposable {
  readonly gateway: Replaceable;
  readonly target: Peer;
  readonly inventory: string;
  readonly door: Place;
  readonly till: string;
  readonly stranger: string;
  /** As the till. */
  readonly enter: () => Promise<Socket>;
}

/** A gateway with one door, before a target that echoes unless another is given. */
async function played(
  given: { target?: Peer; edit?: (inventory: string) => string; env?: NodeJS.ProcessEnv } = {},
): Promise<Scene> {
  const target = given.target ?? (await listen(echo));
  const site = await siteBefore([target]);
  const door = doorAt(site, 0);
  const inventory = given.edit?.(site.inventory) ?? site.inventory;
  const gateway = await replaceable(inventory, { env: given.env ?? {} });
  return {
    ...{ gateway, target, inventory, door, till: site.till, stranger: site.stranger },
    enter: () => dial({ ...door, from: site.till }),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

suite("take-over", { timeout: 300_000 }, () => {
  test("a session goes on in the old process, which ends with it; the new one serves, and answers", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const client = await enter();
    assert.equal(await says(client, "before"), "before");

    const answer = await gateway.takeOver();
    assert.deepEqual(Object.keys(answer).sort(), [...(ANSWERS.takeOver["required"] as string[])].sort());
    const { from, to, sessions, version } = answer;
    assert.deepEqual([from, sessions, version], [gateway.pid, 1, VERSION]);
    assert.equal((JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version, VERSION);
    assert.equal(await says(client, "after"), "after");
    const newcomer = await enter();
    assert.equal(await says(newcomer, "hello"), "hello");
    assert.deepEqual((await gateway.ask("status")).sessions, { open: 2, most: 4_096, elsewhere: 1 });
    assert.deepEqual(
      (await gateway.ask("sessions")).map(({ bytesToTarget, phase }) => [bytesToTarget, phase]),
      [
        [11, "open"],
        [5, "open"],
      ],
    );

    client.end();
    await once(client, "close");
    assert.deepEqual(await gateway.exited, [0, null]);
    assert.deepEqual(gateway.processes(), [to]);
    newcomer.end();
    await gateway.awaitEvent("session", 2);
    const rows = await journalled(gateway, 2);
    assert.deepEqual(
      rows.map(({ outcome, by, bytesToTarget }) => [outcome, by, bytesToTarget]),
      [
        ["closed", "client", 5],
        ["closed", "client", 11],
      ],
    );
    assert.equal((await gateway.ask("verify")).sound, true);
  });

  test("who may not enter is refused by the new process too, and the terminal hears nothing of it", async () => {
    await using scene = await played();
    const { gateway } = scene;
    await gateway.takeOver();
    assert.equal(await knock({ ...scene.door, from: scene.stranger }), "ECONNRESET");
    assert.equal(scene.target.count.total, 0);
  });

  for (const build of ["exits", "throws", "hangs", "speaks-otherwise", "talks-nonsense", "dies-when-given"] as const) {
    test(`a build that is broken (${build}) leaves the old process serving, and nothing of itself`, async () => {
      await using scene = await played();
      const { gateway, enter } = scene;
      const client = await enter();
      gateway.nextBuild(build);
      await assert.rejects(gateway.takeOver(3_000), { code: "not-taken-over" });
      assert.deepEqual(gateway.processes(), [gateway.pid]);
      assert.equal(await says(client, "still here"), "still here");
      const newcomer = await enter();
      assert.equal(await says(newcomer, "hello"), "hello");
      assert.equal((await gateway.ask("status")).sessions.open, 2);
      await gateway.ask("operate", { select: "*", to: "closed" });
      assert.equal(await knock({ ...scene.door, from: scene.till }), "ECONNRESET");
      // And a sound one takes over after it.
      gateway.nextBuild("sound");
      await gateway.ask("operate", { select: "*", to: "open" });
      await gateway.takeOver();
      const last = await enter();
      assert.equal(await says(last, "hello"), "hello");
    });
  }

  test("a new process that hangs with the sessions in its hands is ended, and the old one serves on", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const client = await enter();
    gateway.nextBuild("hangs-when-given");
    await assert.rejects(gateway.takeOver(), { code: "not-taken-over" });
    assert.equal(await says(client, "still here"), "still here");
    const newcomer = await enter();
    assert.equal(await says(newcomer, "hello"), "hello");
    assert.deepEqual(gateway.processes(), [gateway.pid]);
  });

  test("the place at a terminal that takes one session belongs to whoever has it, in whichever process", async () => {
    const target = await soloTerminal();
    await using scene = await played({
      target,
      edit: (inventory) => inventory.replaceAll("allow: [till]", "allow: [till], sessions: 1"),
    });
    const { gateway, enter } = scene;
    const client = await enter();
    await says(client, "pay");
    await gateway.takeOver();
    assert.equal(await knock({ ...scene.door, from: scene.till }), "ECONNRESET", "the place is taken");
    assert.equal(target.count.total, 1);
    client.end();
    const next = await enter();
    assert.equal(await says(next, "pay"), "answer");
    assert.deepEqual(target.seen, { two: 0, requests: 2 });
  });

  test("a source that is revoked later is cut in the old process too, the others stay", async () => {
    const other = loopbackAddress();
    await using scene = await played({
      edit: (inventory) =>
        inventory
          .replace("gateway: {", "gateway: { onRevoke: cut,")
          .replace("sources: {", `sources: { other: { addresses: [${other}], owner: Sales, reason: a test },`)
          .replaceAll("allow: [till]", "allow: [till, other]"),
    });
    const { gateway, enter } = scene;
    const stays = await enter();
    const goes = await dial({ ...scene.door, from: other });
    await says(stays, "a");
    await says(goes, "b");
    await gateway.takeOver();
    await gateway.takeOver();
    const end = ending(goes);
    gateway.edit((text) => text.replaceAll("allow: [till, other]", "allow: [till]"));
    await gateway.ask("apply");
    assert.equal((await end).by, "ECONNRESET");
    assert.equal(await says(stays, "still here"), "still here");
    await gateway.awaitEvent("session");
    assert.deepEqual(
      gateway.ofEvent("session").map(({ source, outcome }) => [source, outcome]),
      [[other, "revoked"]],
    );
  });

  test("SIGTERM to the new process lets the sessions of both end; a second one ends them", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const old = await enter();
    await says(old, "a");
    const { to } = await gateway.takeOver();
    const young = await enter();
    await says(young, "b");
    process.kill(to, "SIGTERM");
    await gateway.awaitEvent("stopping");
    assert.equal(await says(old, "c"), "c");
    assert.equal(await says(young, "d"), "d");
    const ends = Promise.all([ending(old), ending(young)]);
    process.kill(to, "SIGTERM");
    assert.deepEqual(
      (await ends).map(({ by }) => by),
      ["ECONNRESET", "ECONNRESET"],
    );
    await until(() => gateway.processes().length === 0, "both have ended");
    assert.deepEqual(
      gateway.ofEvent("session").map(({ outcome }) => outcome),
      ["drained", "drained"],
    );
  });

  test("a new process that dies later leaves the old one its sessions, and no door", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const client = await enter();
    await says(client, "a");
    const { to } = await gateway.takeOver();
    process.kill(to, "SIGKILL");
    await until(() => !gateway.processes().includes(to), "it has ended");
    assert.equal(await says(client, "still here"), "still here");
    await until(() => !isListening(scene.door), "its sockets are closed");
    client.end();
    assert.deepEqual(await gateway.exited, [0, null]);
  });

  test("an old process that is killed takes its sessions with it, and the new one says so", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const client = await enter();
    await says(client, "a");
    const { from } = await gateway.takeOver();
    const end = ending(client);
    process.kill(from, "SIGKILL");
    await end;
    assert.equal((await gateway.awaitEvent("lost"))["sessions"], 1);
    assert.equal((await gateway.awaitEvent("session"))["cause"], "process-gone");
    assert.equal((await gateway.ask("status")).sessions.open, 0);
  });

  test("the state stays locked all the while, and one command at a time is obeyed", async () => {
    await using scene = await played();
    const { gateway } = scene;
    const taking = gateway.takeOver();
    await assert.rejects(Promise.all([gateway.ask("apply"), taking]), { code: "no-gateway" });
    await taking;
    await gateway.exited;
    await gateway.ask("apply");
    const words = ["--state", gateway.control.replace(/control.sock$/, "state")];
    await using second = serve(scene.inventory, { words });
    assert.deepEqual(await second.exited, [2, null]);
    assert.match(second.errors(), /process \d+ has it/);
  });

  test("what the old process reports last arrives, though the new one is slow to hear it", async () => {
    await using scene = await played({
      edit: (inventory) => inventory.replace("limits: {", "limits: { perSource: 1000"),
    });
    const { gateway, enter } = scene;
    const clients = await Promise.all(Array.from({ length: 600 }, enter));
    await says(clients[0] as Socket, "a");
    gateway.nextBuild("hears-late");
    const { from } = await gateway.takeOver();
    for (const client of clients) client.on("error", () => undefined);
    process.kill(from, "SIGTERM");
    await gateway.awaitEvent("stopping");
    process.kill(from, "SIGTERM");
    await gateway.awaitEvent("session", clients.length);
    assert.deepEqual(gateway.ofEvent("lost"), []);
    assert.deepEqual(
      gateway.ofEvent("session").filter(({ outcome }) => outcome !== "drained"),
      [],
    );
  });

  test("the first of three that ends leaves the last one its control socket", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const client = await enter();
    await says(client, "a");
    await gateway.takeOver();
    const { to } = await gateway.takeOver();
    client.end();
    await gateway.exited;
    await until(() => gateway.processes().length === 1, "the last one is left");
    assert.deepEqual(gateway.processes(), [to]);
    assert.equal((await gateway.ask("status")).doors.open, 1);
  });

  test("a session that ends in a process left alone is in the journal", async () => {
    await using scene = await played();
    const { gateway, enter } = scene;
    const client = await enter();
    await says(client, "a");
    const { to } = await gateway.takeOver();
    process.kill(to, "SIGKILL");
    await until(() => !isListening(scene.door), "its sockets are closed");
    await until(() => hasOpen(gateway.pid, "journal.sqlite"), "the journal is the old one's again");
    assert.equal(await says(client, "still here"), "still here");
    client.end();
    await gateway.exited;
    using journal = new DatabaseSync(gateway.control.replace(/control.sock$/, "state/journal.sqlite"));
    const rows = journal.prepare("SELECT * FROM readable_session").all();
    assert.deepEqual(
      rows.map(({ bytes_to_target: bytes }) => bytes),
      [11],
    );
  });

  test("a change that a new process is asked for before it serves is not acknowledged: the old one would not know it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-slow-notify-"));
    const slow = join(folder, "slow");
    writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\nif [ -e ${slow} ]; then exec sleep 4; fi\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, NOTIFY_SOCKET: "/nowhere" };
    await using scene = await played({ env });
    const { gateway } = scene;
    writeFileSync(slow, "");
    const taking = assert.rejects(gateway.takeOver(), { code: "not-taken-over" });
    await gateway.awaitEvent("took-over");
    const closing = gateway.ask("operate", { select: "*", to: "closed" }).then(
      () => "acknowledged",
      () => "refused",
    );
    // Whatever is answered at once has been answered before so many others.
    for (let others = 0; others < 20; others += 1) await gateway.ask("status");
    const [successor = 0] = gateway.processes().filter((pid) => pid !== gateway.pid);
    process.kill(successor, "SIGKILL");
    await taking;
    assert.equal(await closing, "refused");
    rmSync(folder, { recursive: true });
  });

  test("while an application waits for its confirmation nothing is handed over", async () => {
    await using scene = await played();
    const { gateway } = scene;
    gateway.edit((text) => `# another\n${text}`);
    await gateway.ask("apply", { confirm: 60_000 });
    await assert.rejects(gateway.takeOver(), { code: "usage" });
    await gateway.ask("confirm");
    await gateway.takeOver();
  });
});

/** Clients that pay one after another: each asks, and must hear the same. */
async function pay(door: { readonly host: string; readonly port: number }, till: string): Promise<string> {
  try {
    const client = await dial({ ...door, from: till });
    client.setNoDelay(true);
    const heard = await says(client, "pay");
    client.end();
    await once(client, "close");
    return heard;
  } catch (error) {
    return String(error);
  }
}

suite("take-overs under load", { timeout: 280_000 }, () => {
  test("20 take-overs, 5 of them by a broken build: no payment is lost, and the long sessions are alive", async () => {
    await using target = await listen(echo);
    const site = await siteBefore([target, target, target]);
    await using gateway = await replaceable(site.inventory);
    const long = await Promise.all(
      Array.from({ length: 30 }, (_, index) => dial({ ...doorAt(site, index), from: site.till })),
    );
    const load = paying(site);
    const broken: readonly Build[] = ["exits", "throws", "hangs", "speaks-otherwise", "dies-when-given"];
    const builds = Array.from({ length: 20 }, (_, index) => (index % 4 === 3 ? broken[(index - 3) / 4] : "sound"));
    for (const build of builds) {
      gateway.nextBuild(build ?? "sound");
      const taken = await gateway.takeOver(build === "hangs" ? 2_000 : 20_000).then(
        () => "taken",
        (error: unknown) => (error as { readonly code: string }).code,
      );
      assert.equal(taken, build === "sound" ? "taken" : "not-taken-over", build);
      for (const client of long) assert.equal(await says(client, "x"), "x");
    }
    const { paid, lost } = await load.stop();
    assert.deepEqual(lost, []);
    assert.ok(paid > 500, `${paid} paid`);
    assert.equal((await gateway.ask("status")).sessions.open, 30);
    for (const client of long) client.end();
  });
});

function doorAt({ doors }: { readonly doors: readonly { host: string; port: number }[] }, index: number) {
  return doors[index % doors.length] ?? { host: "", port: 0 };
}

/** Payments at all doors, several at a time, until told to stop. */
function paying(site: Awaited<ReturnType<typeof siteBefore>>) {
  let [on, paid] = [true, 0];
  const lost: string[] = [];
  const tills = Array.from({ length: 6 }, async (_, index) => {
    while (on) {
      const heard = await pay(doorAt(site, index), site.till);
      if (heard === "pay") paid += 1;
      else lost.push(heard);
      await pause(10);
    }
  });
  return {
    stop: async () => {
      on = false;
      await Promise.all(tills);
      return { paid, lost };
    },
  };
}
