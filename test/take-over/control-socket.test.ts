/** The control socket's name belongs to the last process that took it, whatever those before it still do. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ControlServer } from "../../src/control/server.ts";
import type { Handlers } from "../../src/control/routes.ts";

suite("the control socket after take-overs", { timeout: 180_000 }, () => {
  test("a process that ends takes nobody's name with it, though another's socket has its old inode number", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-control-"));
    const path = join(folder, "control.sock");
    const take = async (): Promise<ControlServer> => {
      const options = { path, handlers: {} as unknown as Handlers, failed: assert.ifError, replace: true };
      const server = await ControlServer.prepare(options);
      await server.publish();
      return server;
    };
    const first = await take();
    const number = statSync(path).ino;
    const others = [await take()];
    // Given up as soon as another has the name, and once more when the process ends.
    await first[Symbol.asyncDispose]();
    // Which number the next file gets is the filesystem's business; some never use one again.
    for (let tries = 0; tries < 10 && statSync(path).ino !== number; tries += 1) others.push(await take());
    await first[Symbol.asyncDispose]();
    assert.ok(existsSync(path));
    for (const other of others) await other[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
});
