/** `ecluse dashboard` as a program, and the dashboard that `ecluse serve` starts beside itself. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { type Serving, inventoryFile, serve, serveFile, siteBefore, startProgram } from "../serve/serving.ts";
import { type Peer, dial, ending, freePort, isListening, listen, says, until } from "../support/loopback.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { replaceable } from "../take-over/replaceable.ts";

/** The processes that this one has started and that live, by what their command line says. */
function childrenOf(pid: number, word = "dashboard-child"): readonly number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parent = / (\d+) \d+ \d+ /.exec(readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) ./, ""));
      const line = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return Number(parent?.[1]) === pid && line.includes(word) ? [Number(name)] : [];
    } catch {
      // Ended meanwhile.
      return [];
    }
  });
}

async function echo(): Promise<Peer> {
  return listen((socket) => {
    socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
  });
}

interface Enabled {
  readonly gateway: Serving;
  readonly port: number;
  readonly url: string;
}

function withDashboard(inventory: string, port: number): string {
  return inventory.replace("gateway: {", `gateway: { dashboard: { listen: 127.0.0.1:${port} },`);
}

async function statusOf(url: string): Promise<number> {
  return (await fetch(url).catch(() => undefined))?.status ?? 0;
}

/** Returns the cookie; "" where the token is refused. */
async function logIn(url: string, token: string): Promise<string> {
  const { headers } = await fetch(`${url}login`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url.slice(0, -1) },
    body: JSON.stringify({ token: token.trim(), name: "Ada" }),
  });
  return headers.get("set-cookie")?.split(";")[0] ?? "";
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while ((await statusOf(url)) !== 200) {
    if (performance.now() > deadline) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

suite("ecluse dashboard", { timeout: 180_000 }, () => {
  test("prints the way in, serves without a gateway, ends with 0 at SIGTERM", async () => {
    using folder = temporaryFolder();
    const state = join(folder.path, "state");
    const words = ["dashboard", "--listen", "127.0.0.1:0", "--state", state, "--control", join(folder.path, "none")];
    await using program = startProgram(words, { cwd: folder.path });
    let output = "";
    program.child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await until(() => output.endsWith("\n"), "the address");
    const token = readFileSync(join(state, "dashboard.token"), "utf8").trim();
    assert.equal(statSync(join(state, "dashboard.token")).mode & 0o777, 0o600);
    const [, url = ""] = /^(http:\/\/127\.0\.0\.1:\d+\/)#token=/.exec(output) ?? [];
    assert.equal(output, `${url}#token=${token}\n`);
    assert.equal(await statusOf(url), 200);
    const cookie = await logIn(url, token);
    const status = await fetch(`${url}v1/status`, { headers: { cookie } });
    assert.equal(status.status, 502);
    assert.equal(((await status.json()) as { code: string }).code, "no-gateway");
    program.signal("SIGTERM");
    assert.deepEqual(await program.exited, [0, null]);
    assert.equal(program.errors(), "", "no warning of Node either");
  });

  test("--new-token --url prints another token, and serves nothing", async () => {
    using folder = temporaryFolder();
    const words = ["dashboard", "--state", folder.path, "--control", join(folder.path, "none"), "--url"];
    const tokens: string[] = [];
    for (const more of [[], [], ["--new-token"]]) {
      await using program = startProgram([...words, ...more], { cwd: folder.path });
      let output = "";
      program.child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
      assert.deepEqual(await program.exited, [0, null]);
      await until(() => output.endsWith("\n"), "the address");
      assert.match(output, /^http:\/\/127\.0\.0\.1:8080\/#token=[\w-]{43}\n$/);
      tokens.push(output);
    }
    assert.equal(tokens[0], tokens[1]);
    assert.notEqual(tokens[1], tokens[2]);
  });

  test("an address that others can reach: refused", async () => {
    using folder = temporaryFolder();
    await using program = startProgram(["dashboard", "--listen", "0.0.0.0:8080", "--state", folder.path]);
    assert.deepEqual(await program.exited, [2, null]);
    await until(() => program.errors().includes("hint"), "what it says");
    assert.match(
      program.errors(),
      /^ecluse: error: Cannot serve the dashboard on `0\.0\.0\.0:8080`: other hosts could/,
    );
  });

  test("a port that is taken is an error that names it", async () => {
    using folder = temporaryFolder();
    await using other = await listen(() => undefined, { host: "127.0.0.1", port: 0 });
    const words = ["dashboard", "--listen", `127.0.0.1:${other.port}`, "--state", folder.path];
    await using program = startProgram(words, { cwd: folder.path });
    assert.deepEqual(await program.exited, [2, null]);
    await until(() => program.errors().includes("hint"), "what it says");
    assert.ok(
      program.errors().includes(`Cannot serve the dashboard on 127.0.0.1:${other.port}: address already in use`),
    );
  });
});

suite("ecluse serve with gateway.dashboard", { timeout: 180_000 }, () => {
  async function served(inventory: string): Promise<Enabled> {
    const port = await freePort("127.0.0.1");
    const gateway = serve(withDashboard(inventory, port));
    await gateway.awaitEvent("ready");
    const url = `http://127.0.0.1:${port}/`;
    await answers(url);
    return { gateway, port, url };
  }

  test("serves it beside itself; killed, it is started again, and no session notices", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    const { gateway, url } = await served(site.inventory);
    await using _ = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const session = await dial({ ...door, from: site.till });
    assert.equal(await says(session, "before"), "before");
    const [child] = childrenOf(gateway.pid);
    assert.ok(child);
    process.kill(child, "SIGKILL");
    const down = await gateway.awaitEvent("dashboard-down");
    assert.match(String(down["message"]), /^The dashboard on 127\.0\.0\.1:\d+ ended with SIGKILL$/);
    assert.equal(await says(session, "meanwhile"), "meanwhile");
    await gateway.awaitEvent("dashboard-up");
    assert.equal(await statusOf(url), 200);
    assert.equal(await says(session, "after"), "after");
    session.end();
    await ending(session);
  });

  test("ends with the gateway, at SIGTERM as at SIGKILL", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await using target = await echo();
      const site = await siteBefore([target]);
      const { gateway, port } = await served(site.inventory);
      await using _ = gateway;
      gateway.signal(signal);
      await gateway.exited;
      await until(() => !isListening({ host: "127.0.0.1", port }), "its port is free");
    }
  });

  test("a service manager's SIGTERM to all processes: pages are served until the last session has ended", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    const { gateway, url, port } = await served(site.inventory);
    await using _ = gateway;
    const [door] = site.doors;
    assert.ok(door);
    const session = await dial({ ...door, from: site.till });
    assert.equal(await says(session, "inside"), "inside");
    for (const pid of [...childrenOf(gateway.pid), gateway.pid]) process.kill(pid, "SIGTERM");
    await gateway.awaitEvent("stopping");
    assert.equal(await statusOf(url), 200);
    session.end();
    await ending(session);
    assert.deepEqual(await gateway.exited, [0, null]);
    await until(() => !isListening({ host: "127.0.0.1", port }), "its port is free");
    assert.equal(gateway.ofEvent("dashboard-down").length, 0);
  });

  test("a port that is taken is told once, and served on as soon as it is free; the doors are open meanwhile", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    const other = await listen(() => undefined, { host: "127.0.0.1", port: 0 });
    await using gateway = serve(withDashboard(site.inventory, other.port));
    await gateway.awaitEvent("ready");
    const down = await gateway.awaitEvent("dashboard-down");
    assert.equal(down["message"], `Cannot serve the dashboard on 127.0.0.1:${other.port}: address already in use`);
    const [door] = site.doors;
    assert.ok(door);
    const session = await dial({ ...door, from: site.till });
    assert.equal(await says(session, "inside"), "inside");
    session.destroy();
    await other[Symbol.asyncDispose]();
    await gateway.awaitEvent("dashboard-up");
    assert.equal(gateway.ofEvent("dashboard-down").length, 1);
  });

  test("follows the inventory: elsewhere, and off", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    const [one, two] = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
    const file = inventoryFile(withDashboard(site.inventory, one));
    await using gateway = serveFile(file);
    await gateway.awaitEvent("ready");
    await answers(`http://127.0.0.1:${one}/`);
    writeFileSync(file.path, withDashboard(site.inventory, two));
    gateway.signal("SIGHUP");
    await answers(`http://127.0.0.1:${two}/`);
    await until(() => !isListening({ host: "127.0.0.1", port: one }), "the other port is free");
    writeFileSync(file.path, site.inventory);
    gateway.signal("SIGHUP");
    await until(() => !isListening({ host: "127.0.0.1", port: two }), "its port is free");
    await until(() => childrenOf(gateway.pid).length === 0, "its process has ended");
    await gateway[Symbol.asyncDispose]();
    file.remove();
  });

  test("nothing of the token is in the log, nor on the command line", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    const port = await freePort("127.0.0.1");
    const file = inventoryFile(withDashboard(site.inventory, port));
    await using gateway = serveFile(file);
    await gateway.awaitEvent("ready");
    await answers(`http://127.0.0.1:${port}/`);
    const token = readFileSync(join(file.state, "dashboard.token"), "utf8").trim();
    for (const given of [token, "wrong"]) await logIn(`http://127.0.0.1:${port}/`, given);
    const [child = 0] = childrenOf(gateway.pid);
    for (const text of [
      gateway.text().join("\n"),
      gateway.errors(),
      readFileSync(`/proc/${child}/cmdline`, "utf8"),
      readFileSync(`/proc/${child}/environ`, "utf8"),
    ]) {
      assert.equal(text.includes(token), false);
    }
    await gateway[Symbol.asyncDispose]();
    file.remove();
  });

  test("a take-over: the new process serves it, at the same place, and the login holds", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    const port = await freePort("127.0.0.1");
    await using gateway = await replaceable(withDashboard(site.inventory, port));
    const url = `http://127.0.0.1:${port}/`;
    await answers(url);
    const cookie = await logIn(url, readFileSync(join(dirname(gateway.control), "state", "dashboard.token"), "utf8"));
    const [door] = site.doors;
    assert.ok(door);
    const session = await dial({ ...door, from: site.till });
    assert.equal(await says(session, "inside"), "inside");
    const { from, to } = await gateway.takeOver();
    await answers(url);
    assert.equal((await fetch(`${url}me`, { headers: { cookie } })).status, 200);
    assert.equal(gateway.ofEvent("dashboard-down").length, 0);
    await until(
      () => childrenOf(to).length === 1 && childrenOf(from).length === 0,
      "one dashboard, of the new process",
    );
  });
});
