/** A text on the control socket is sent in parts: what goes wrong after the first of them must not end the gateway. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { call } from "../../src/control/client.ts";
import type { Handlers } from "../../src/control/routes.ts";
import { ControlServer } from "../../src/control/server.ts";
import { turns, until } from "../support/loopback.ts";

suite("a text on the control socket", () => {
  test("comes whole; one that breaks off is no answer, and the next one is given", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-parts-"));
    const path = join(folder, "control.sock");
    const failures: unknown[] = [];
    let isBroken = true;
    async function* parts(): AsyncGenerator<string> {
      yield "one, ";
      await turns(2);
      if (isBroken) throw new TypeError("a bug");
      yield "two";
    }
    const handlers = { metrics: () => Promise.resolve(parts()) } as unknown as Handlers;
    await using server = await ControlServer.prepare({ path, handlers, failed: (error) => void failures.push(error) });
    await server.publish();
    await assert.rejects(call(path, "metrics", {}), { code: "no-gateway" });
    await until(() => failures.length === 1, "it is told");
    assert.equal(String(failures[0]), "TypeError: a bug");
    isBroken = false;
    assert.equal(await call(path, "metrics", {}), "one, two");
    rmSync(folder, { recursive: true });
  });
});
