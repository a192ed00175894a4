/** The code in the guard's documents, before and after, is run as it stands there: the proxy gets 200, others 403. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, get } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite, test } from "node:test";
import { type Place, freePort, isListening, loopbackAddress, until } from "../support/loopback.ts";

const REGISTER = "docs/guard/register.md";
const FILES = ["docs/guard.md", ...globSync("docs/guard/*.md").sort(), "packages/guard/README.md"];

/** Pages whose code also runs on the version before: the package's name there, and its name here. */
const OLDER: Readonly<Record<string, readonly [name: string, older: string]>> = {
  "docs/guard/express.md": ["express", "express4"],
  "docs/guard/fastify.md": ["fastify", "fastify4"],
};

suite("the code of the guard's documents", { timeout: 280_000 }, () => {
  for (const file of FILES.filter((each) => each !== REGISTER)) {
    for (const [index, code] of blocksOf(file, "js").entries()) {
      test(`${file}, block ${index + 1}`, () => letsInTheProxyAlone(inline(code)));
      const [name, older] = OLDER[file] ?? [];
      if (name === undefined || older === undefined) continue;
      test(`${file}, block ${index + 1}, on ${older}`, () => {
        const before = code.replace(`from "${name}"`, `from "${older}"`);
        assert.notEqual(before, code);
        return letsInTheProxyAlone(inline(before));
      });
    }
  }

  test(`${REGISTER}: its service, untouched, by its command and its unit's`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-register-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const [code = ""] = blocksOf(REGISTER, "js");
    const [command = ""] = blocksOf(REGISTER, "sh");
    const [unit = ""] = blocksOf(REGISTER, "ini");
    assert.equal(/^ExecStart=\/usr\/bin\/(.+\n)/m.exec(unit)?.[1], command);
    assert.deepEqual([...unit.matchAll(/^Environment=(\w+)/gm)].map(([, name]) => name).sort(), [...SET].sort());
    const service = join(folder, "service.js");
    writeFileSync(service, code.replace('"express"', JSON.stringify(resolve("node_modules/express4"))));
    const words = command.trim().split(" ").slice(1);
    await letsInTheProxyAlone(words.map((word) => (word === "service.js" ? service : word)));
  });

  test("each framework's page has a before, an after, and what goes inside", () => {
    const counts = FILES.map((file) => [file, blocksOf(file, "js").length]);
    const fewer = { "docs/guard.md": 1, "docs/guard/node-http.md": 2, "packages/guard/README.md": 1, [REGISTER]: 1 };
    const expected = (file: string): number => (fewer as Readonly<Record<string, number>>)[file] ?? 3;
    assert.deepEqual(
      counts,
      FILES.map((file) => [file, expected(file)]),
    );
    assert.equal(FILES.length, 8);
  });
});

/** What a unit sets besides the port. */
const SET = ["API_HOST", "ALLOWED_SOURCE_IP"] as const;

/** Starts the program with the document's variables and asks it from two addresses. */
async function letsInTheProxyAlone(words: readonly string[]): Promise<void> {
  const [host, proxy, stranger] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
  const place = { host, port: await freePort(host) };
  await using _ = await running(words, { API_HOST: host, API_PORT: String(place.port), ALLOWED_SOURCE_IP: proxy });
  await until(() => isListening(place), "the service's listener");
  assert.deepEqual([await statusFor(proxy, place), await statusFor(stranger, place)], [200, 403]);
}

function inline(code: string): readonly string[] {
  return ["--input-type=module", "--eval", code];
}

function blocksOf(file: string, language: string): readonly string[] {
  const blocks = readFileSync(file, "utf8").matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, code = ""]) => code);
}

async function running(
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, ["--conditions=source", ...words], {
    // Not the tester's own: another *_HOST would be one too many.
    env: { PATH: process.env["PATH"], ...variables },
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
