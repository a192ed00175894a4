/** What the service manager is told, and what it brings: by its own programs, on a notification socket of ours. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { dial, isListening, listen, loopbackAddress, until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import { place, siteBefore } from "../serve/serving.ts";
import { replaceable } from "./replaceable.ts";

interface Manager extends AsyncDisposable {
  readonly path: string;
  /** What has been told so far, a line for each assignment. */
  readonly told: () => readonly string[];
}

/**
 * Receives what sd_notify(3) sends; Node has no datagram socket of that family. It does not close the descriptor that comes
 * with BARRIER=1 as the manager does: the sender waits its own 5 s.
 */
async function manager(): Promise<Manager> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-notify-"));
  const path = join(folder, "notify");
  const receiver: ChildProcess = spawn("socat", ["-u", `UNIX-RECV:${path}`, "STDOUT"]);
  let text = "";
  receiver.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += `${chunk}\n`));
  await until(() => existsSync(path), "the notification socket");
  return {
    path,
    // By which the sender waits until all before it was read; messages follow each other without a mark.
    told: () => text.split(/\n|BARRIER=1/).filter((line) => line !== ""),
    [Symbol.asyncDispose]: async () => {
      receiver.kill();
      if (receiver.exitCode === null && receiver.signalCode === null) await once(receiver, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

suite("under systemd", { skip: needs(["systemd", "socat"]), timeout: 180_000 }, () => {
  test("it is told once the doors are open, whose process it is after a take-over, and when it stops", async () => {
    await using target = await listen((socket) => socket.resume());
    const site = await siteBefore([target]);
    const [door = { host: "", port: 0 }] = site.doors;
    await using systemd = await manager();
    await using gateway = await replaceable(site.inventory, { env: { NOTIFY_SOCKET: systemd.path } });
    await until(() => systemd.told().length >= 2, "ready");
    assert.ok(isListening(door));
    assert.deepEqual(systemd.told(), ["READY=1", `MAINPID=${gateway.pid}`]);

    const { to } = await gateway.takeOver();
    // Told before the old process was let go: the unit never lacks a main process.
    assert.deepEqual(systemd.told().slice(2), ["READY=1", `MAINPID=${to}`]);
    process.kill(to, "SIGTERM");
    await until(() => systemd.told().includes("STOPPING=1"), "stopping");
  });

  test("a new process that is broken tells nothing", async () => {
    await using target = await listen((socket) => socket.resume());
    const site = await siteBefore([target]);
    await using systemd = await manager();
    await using gateway = await replaceable(site.inventory, { env: { NOTIFY_SOCKET: systemd.path } });
    await until(() => systemd.told().length >= 2, "ready");
    gateway.nextBuild("dies-when-given");
    await assert.rejects(gateway.takeOver(), { code: "not-taken-over" });
    assert.equal(systemd.told().length, 2);
  });

  test("a manager that cannot be told is an event, and keeps nobody waiting", async () => {
    await using target = await listen((socket) => socket.resume());
    const site = await siteBefore([target]);
    await using gateway = await replaceable(site.inventory, { env: { NOTIFY_SOCKET: "/nowhere/notify" } });
    await gateway.awaitEvent("not-notified");
    assert.equal((await gateway.ask("status")).doors.open, 1);
  });

  test("sockets that it passes are used where a flow listens, whatever their names; the others are closed and told", async () => {
    await using target = await listen((socket) => void socket.on("data", (chunk) => socket.write(chunk)));
    const site = await siteBefore([target, target]);
    const [first = { host: "", port: 0 }, second = { host: "", port: 0 }] = site.doors;
    const stray = { host: loopbackAddress(), port: first.port };
    const sockets = [stray, first].flatMap((at) => ["--listen", place(at)]);
    const starting = replaceable(site.inventory, {
      before: (variable) => ["systemd-socket-activate", ...sockets, "--fdname", "some:names", "--setenv", variable],
    });
    // It starts the program with the first who comes, and with what that one says still unread.
    await until(() => isListening(first), "its sockets");
    const client = await dial({ ...first, from: site.till });
    client.write("early");
    await using gateway = await starting;
    const [heard] = (await once(client, "data")) as [Buffer];
    assert.equal(heard.toString(), "early");
    assert.equal((await gateway.awaitEvent("unclaimed"))["endpoint"], place(stray));
    assert.equal(isListening(stray), false);
    assert.ok(isListening(second));
    // And handed on like any other.
    await gateway.takeOver();
    client.write("late");
    const [more] = (await once(client, "data")) as [Buffer];
    assert.equal(more.toString(), "late");
  });
});
