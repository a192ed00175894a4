/** The code in docs/guard.md and docs/guard/*.md, before and after, is run: the proxy gets 200, others 403. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { type IncomingMessage, get } from "node:http";
import { suite, test } from "node:test";
import { type Place, freePort, isListening, loopbackAddress, until } from "../support/loopback.ts";

const FILES = ["docs/guard.md", ...globSync("docs/guard/*.md").sort()];

suite("the code of the guard's documents", { timeout: 120_000 }, () => {
  for (const file of FILES) {
    for (const [index, code] of blocksOf(file).entries()) {
      test(`${file}, block ${index + 1}`, async () => {
        const [proxy, stranger] = [loopbackAddress(), loopbackAddress()];
        const host = loopbackAddress();
        const place = { host, port: await freePort(host) };
        await using _ = await running(code, { API_HOST: host, API_PORT: String(place.port), ALLOWED_SOURCE_IP: proxy });
        await until(() => isListening(place), "the service's listener", 20_000);
        assert.deepEqual([await statusFor(proxy, place), await statusFor(stranger, place)], [200, 403]);
      });
    }
  }

  test("each framework's page has a before and an after", () => {
    const counts = FILES.map((file) => [file, blocksOf(file).length]);
    const expected = (file: string): number => ({ "docs/guard.md": 1, "docs/guard/register.md": 0 })[file] ?? 2;
    assert.deepEqual(
      counts,
      FILES.map((file) => [file, expected(file)]),
    );
    assert.equal(FILES.length, 7);
  });
});

function blocksOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
}

async function running(code: string, environment: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  const words = ["--conditions=source", "--input-type=module", "--eval", code];
  const child = spawn(process.execPath, words, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await once(child, "spawn");
  return {
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function statusFor(localAddress: string, { host, port }: Place): Promise<number | undefined> {
  const [response] = (await once(get({ host, port, localAddress, agent: false }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
