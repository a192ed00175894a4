/** The control socket of a group: its members may ask, others not, and nothing else is opened with it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import { ControlServer } from "../../src/control/server.ts";
import type { Handlers } from "../../src/control/routes.ts";
import { siteBefore, startProgram } from "../serve/serving.ts";
import { listen, until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";

const NOBODY = 65_534;
const asRoot = needs([], { root: true });

/** A group of every Debian, and its number there: base-passwd. */
const GROUP = { name: "games", number: 60 };

interface Folder extends Disposable {
  readonly path: string;
  readonly socket: string;
}

/** Enterable by all; the socket's own folder is not there yet. */
function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "ecluse-group-"));
  chmodSync(path, 0o755);
  const socket = join(path, "run", "ecluse.sock");
  return { path, socket, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

async function open(path: string, group: string): Promise<ControlServer> {
  const handlers = { grants: () => Promise.resolve({ list: [], aside: [] }) } as unknown as Handlers;
  const server = await ControlServer.prepare({ path, group, handlers, failed: assert.ifError });
  await server.publish();
  return server;
}

function modeOf(path: string): readonly [mode: number, group: number] {
  const { mode, gid } = statSync(path);
  return [mode & 0o777, gid];
}

/** What a user of these groups gets: HTTP's status, or the error's code. Root becomes that user once it is loaded. */
function askAs(socketPath: string, groups: readonly number[]): Promise<string> {
  const script = `const { request } = require("node:http");
    process.setgroups(${JSON.stringify(groups)}); process.setgid(${NOBODY}); process.setuid(${NOBODY});
    request({ socketPath: ${JSON.stringify(socketPath)}, path: "/v1/grants", agent: false }, (response) => console.log(response.statusCode))
      .on("error", ({ code }) => console.log(code)).end();`;
  return startedAsRoot(script);
}

async function startedAsRoot(script: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--eval", script], { timeout: 60_000 });
  return (stdout + stderr).trim();
}

suite("the control socket of a group", { timeout: 180_000, skip: asRoot }, () => {
  test("a member may ask, whoever is none may not; the folder is the group's to enter", async () => {
    await using target = await listen(() => undefined);
    using at = folder();
    const site = await siteBefore([target]);
    const file = join(at.path, "ecluse.yaml");
    const control = `control: { path: ${at.socket}, group: ${GROUP.name} }`;
    writeFileSync(file, site.inventory.replace("gateway: {", `gateway: { ${control},`));
    await using gateway = startProgram(["serve", "--inventory", file, "--state", join(at.path, "state")]);
    let log = "";
    gateway.child.stdout?.on("data", (chunk: Buffer) => (log += chunk.toString()));
    await until(() => log.includes('"ready"') && modeIs(at.socket, 0o660), "the socket");
    await until(() => modeIs(join(at.path, "run"), 0o750), "its folder");
    assert.deepEqual(modeOf(at.socket), [0o660, GROUP.number]);
    assert.deepEqual(modeOf(join(at.path, "run")), [0o750, GROUP.number]);
    assert.deepEqual(modeOf(join(at.path, "state"))[0], 0o700);
    assert.equal(await askAs(at.socket, [GROUP.number]), "200");
    assert.equal(await askAs(at.socket, []), "EACCES");
    assert.equal(await askAs(at.socket, [100]), "EACCES");
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
  });

  test("a folder that lets the group in already stays as it is", async () => {
    using at = folder();
    const socket = join(at.path, "ecluse.sock");
    await using _server = await open(socket, GROUP.name);
    assert.deepEqual(modeOf(at.path), [0o755, 0]);
    assert.deepEqual(modeOf(socket), [0o660, GROUP.number]);
    assert.equal(await askAs(socket, [GROUP.number]), "200");
    assert.equal(await askAs(socket, []), "EACCES");
  });

  test("the group's own bits count, not those of others", async () => {
    using at = folder();
    mkdirSync(join(at.path, "run"));
    chownSync(join(at.path, "run"), 0, GROUP.number);
    chmodSync(join(at.path, "run"), 0o705);
    await assert.rejects(open(at.socket, GROUP.name), { code: "cannot-listen", message: /cannot enter/ });
  });

  test("a private folder with something else in it is not opened", async () => {
    using at = folder();
    mkdirSync(join(at.path, "run"), { mode: 0o700 });
    writeFileSync(join(at.path, "run", "secret"), "");
    await assert.rejects(open(at.socket, GROUP.name), {
      code: "cannot-listen",
      message: /the group games cannot enter .*run, and that is not the socket's alone$/,
      hint: /a folder of its own/,
    });
    assert.deepEqual(modeOf(join(at.path, "run")), [0o700, 0]);
    assert.throws(() => statSync(at.socket), { code: "ENOENT" });
  });

  test("somebody else's folder is not opened", async () => {
    using at = folder();
    mkdirSync(join(at.path, "run"), { mode: 0o700 });
    chownSync(join(at.path, "run"), NOBODY, NOBODY);
    await assert.rejects(open(at.socket, GROUP.name), { code: "cannot-listen" });
    assert.deepEqual(modeOf(join(at.path, "run")), [0o700, NOBODY]);
  });

  test("a gateway whose user is no member of the group: who must be added where", async () => {
    using at = folder();
    mkdirSync(join(at.path, "run"), { mode: 0o700 });
    chownSync(join(at.path, "run"), NOBODY, NOBODY);
    const server = new URL("../../src/control/server.ts", import.meta.url).href;
    const script = `import(${JSON.stringify(server)}).then(({ ControlServer }) => {
      process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
      return ControlServer.prepare({ path: ${JSON.stringify(at.socket)}, group: "games", handlers: {}, failed() {} });
    }).catch(({ code, message, hint }) => console.log([code, message, hint].join("\\n")));`;
    const [code, message, hint] = (await startedAsRoot(script)).split("\n");
    assert.equal(code, "cannot-listen");
    assert.match(message ?? "", /may not be given to the group games, of which the gateway's user is no member$/);
    assert.match(hint ?? "", /usermod --append --groups games USER/);
  });
});

test("a group that does not exist is an error that says so, and leaves no socket", async () => {
  using at = folder();
  await assert.rejects(open(at.socket, "ecluse-no-such-group"), {
    code: "cannot-listen",
    message: `Cannot listen for commands on ${at.socket}: there is no group ecluse-no-such-group`,
    hint: /groupadd --system ecluse-no-such-group/,
  });
  assert.throws(() => statSync(at.socket), { code: "ENOENT" });
});

test("the gateway's own group needs no right", async () => {
  using at = folder();
  const number = process.getgid?.();
  const own = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((line) => line.split(":")[2] === String(number));
  assert.ok(own);
  await using _server = await open(at.socket, own.split(":")[0] ?? "");
  assert.deepEqual(modeOf(at.socket), [0o660, number]);
  assert.deepEqual(modeOf(join(at.path, "run")), [0o750, number]);
});

function modeIs(path: string, mode: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.mode & 0o777) === mode;
}
