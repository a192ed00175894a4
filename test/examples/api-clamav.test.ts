/** The example's api-clamav before a clamd: none, one that speaks its protocol, and Debian's own. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { FOLDER } from "../../examples/listening-rule/landscape.ts";
import { freePort, isListening, loopbackAddress, until } from "../support/loopback.ts";
import { needs, program } from "../support/packages.ts";

/** No virus: the text by which scanners are tested (eicar.org), in two pieces, lest one finds it in this file. */
const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("");

suite("api-clamav", { timeout: 180_000 }, () => {
  test("says that nothing was scanned where there is no clamd", async (context) => {
    const url = await start(context, join(folderOf(context), "absent.ctl"));
    assert.deepEqual(await scan(url, "hello"), [503, { error: "nothing was scanned", clamd: "absent" }]);
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { service: "api-clamav", clamd: "absent" });
  });

  test("never calls clean what clamd could not scan", async (context) => {
    const socket = join(folderOf(context), "clamd.ctl");
    const clamd = createServer((peer) => {
      peer.once("data", () => peer.end("INSTREAM size limit exceeded. ERROR\0"));
      peer.on("error", () => undefined);
    }).listen(socket);
    context.after(() => clamd.close());
    const [status, answer] = await scan(await start(context, socket), "hello");
    assert.equal(status, 502);
    assert.equal("clean" in (answer as object), false);
  });

  const skip = needs(["clamav-daemon"]);
  test("a real clamd tells one file from another", { skip }, async (context) => {
    const url = await start(context, await startClamd(context, program("clamd") ?? ""));
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { service: "api-clamav", clamd: "answers" });
    assert.deepEqual(await scan(url, "hello"), [200, { clean: true }]);
    assert.deepEqual(await scan(url, EICAR), [200, { clean: false, found: "Test.UNOFFICIAL" }]);
  });
});

async function scan(url: string, body: string): Promise<readonly [number, unknown]> {
  const response = await fetch(`${url}/api/scan`, { method: "POST", body });
  return [response.status, await response.json()];
}

async function start(context: TestContext, socket: string): Promise<string> {
  const host = loopbackAddress();
  const port = await freePort(host);
  const env = { CLAMAV_API_HOST: host, CLAMAV_API_PORT: String(port), CLAMD_SOCKET: socket };
  const words = ["--conditions=source", "services/api-clamav.js"];
  endAfter(context, spawn(process.execPath, words, { cwd: FOLDER, env, stdio: ["ignore", "ignore", "inherit"] }));
  await until(() => isListening({ host, port }), "api-clamav's listener");
  return `http://${host}:${port}`;
}

/** Without the database that Debian's would fetch: with one signature of its own, the MD5 and the length of EICAR (ClamAV's .hdb format). */
async function startClamd(context: TestContext, clamd: string): Promise<string> {
  const folder = folderOf(context);
  const socket = join(folder, "clamd.ctl");
  mkdirSync(join(folder, "database"));
  writeFileSync(join(folder, "database", "test.hdb"), "44d88612fea8a8f36de82e1278abb02f:68:Test\n");
  const lines = [`LocalSocket ${socket}`, `DatabaseDirectory ${folder}/database`, `TemporaryDirectory ${folder}`];
  writeFileSync(join(folder, "clamd.conf"), [...lines, "Foreground yes", ""].join("\n"));
  endAfter(context, spawn(clamd, ["-c", join(folder, "clamd.conf")], { stdio: "ignore" }));
  await until(() => existsSync(socket), "clamd's socket", 30_000);
  return socket;
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-clamav-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function endAfter(context: TestContext, child: ChildProcess): void {
  context.after(async () => {
    if (child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
}
