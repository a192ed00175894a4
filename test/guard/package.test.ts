/**
 * What `npm pack` makes of the guard: installed alone in an empty folder, imported in every way, on every Node that the
 * package claims to run on; and its compiled tests on those that can run them.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, suite, test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { publint } from "publint";

const run = promisify(execFile);
const PACKAGE = resolve("packages/guard");
const TESTS = resolve("node_modules/.cache/guard-tests");
const folder = mkdtempSync(join(tmpdir(), "ecluse-guard-package-"));
const installed = join(folder, "node_modules/@ecluse/guard");
const NPM = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];

/** Nodes other than the one that runs this: from the registry, or the machine's own. */
const FROM_REGISTRY = ["18.20.8", "26.10.0"];
const OWN = "/usr/bin/node";

const CONSUMER = `
  import { createGuard, guardFromEnvironment, GuardError, listenOn } from "@ecluse/guard";
  import { expressGuard } from "@ecluse/guard/express";
  import { fastifyGuard } from "@ecluse/guard/fastify";
  import { honoGuard } from "@ecluse/guard/hono";
  import { koaGuard } from "@ecluse/guard/koa";
  import { peerAddress } from "@ecluse/guard/address";
  import { createServer, get } from "node:http";
  const guard = createGuard({ allow: "127.0.0.2", log: false });
  const server = guard.protect(createServer((request, response) => void response.end("hello")));
  const { port } = await listenOn(server, { host: "127.0.0.1", port: 0 });
  const ask = (localAddress: string) => new Promise<number | undefined>((resolve, reject) => {
    get({ port, host: "127.0.0.1", localAddress, agent: false }, (answer) => { resolve(answer.statusCode); answer.resume(); }).on("error", reject);
  });
  const made = [expressGuard, fastifyGuard, honoGuard, koaGuard].map((make) => typeof make(guard)).join();
  let refusal: unknown;
  try { guardFromEnvironment({ env: {} }); } catch (error) { refusal = error instanceof GuardError && error.code; }
  console.log(await ask("127.0.0.2"), await ask("127.0.0.9"), made, refusal, peerAddress("::ffff:1.2.3.4"));
  process.exit();
`;
const EXPECTED = "200 403 function,function,function,function environment 16909060\n";

const SERVICE = `
  const server = require("http").createServer((q, r) => r.end("hello")).listen(0, () => {
    const { address, port } = server.address();
    import("@ecluse/guard").then(({ createGuard }) => {
      require("http").get({ port, host: address, localAddress: "127.0.0.9", agent: false }, (answer) => {
        console.log(address, answer.statusCode, typeof createGuard);
        process.exit();
      });
    });
  });
`;

suite("the package", () => {
  before(async () => {
    // As its prepack script does, which no script of any other package may run beside.
    rmSync(join(PACKAGE, "dist"), { recursive: true, force: true });
    await run(resolve("node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"], { cwd: PACKAGE });
    await run("npm", ["pack", "--pack-destination", folder, ...NPM], { cwd: PACKAGE });
    const [tarball = ""] = readdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    await run("npm", ["install", "--offline", join(folder, tarball), ...NPM], { cwd: folder });
    writeFileSync(join(folder, "consumer.ts"), CONSUMER);
    writeFileSync(join(folder, "service.cjs"), SERVICE);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test("installs alone", () => {
    assert.deepEqual(visible(join(folder, "node_modules")), ["@ecluse"]);
    assert.deepEqual(visible(join(folder, "node_modules/@ecluse")), ["guard"]);
    assert.equal(existsSync(join(installed, "node_modules")), false);
  });

  test("holds no test", () => assert.deepEqual(globSync("**/*.test.*", { cwd: installed }), []));

  test("passes publint", async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
    assert.deepEqual(messages, []);
  });

  test("has types for whoever imports it", async () => {
    const options = { strict: true, target: "es2022", module: "nodenext", outDir: "out", types: ["node"] };
    const compilerOptions = { ...options, typeRoots: [resolve("node_modules/@types")] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    await run(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", folder]);
  });

  for (const version of ["this Node", "the machine's own Node", ...FROM_REGISTRY]) {
    test(`works on ${version}`, { timeout: 240_000 }, async (context) => {
      const node = await nodeOf(version, context);
      if (node === undefined) return;
      assert.equal((await run(node, ["out/consumer.js"], { cwd: folder })).stdout, EXPECTED);
      const env = { PATH: process.env["PATH"], API_HOST: "127.0.0.3", ALLOWED_SOURCE_IP: "127.0.0.2" };
      const service = await run(node, ["--import", "@ecluse/guard/register", "service.cjs"], { cwd: folder, env });
      assert.equal(service.stdout, "127.0.0.3 403 function\n");
    });
  }
});

suite("the compiled tests", () => {
  before(async () => {
    rmSync(TESTS, { recursive: true, force: true });
    await run(process.execPath, [
      resolve("node_modules/typescript/bin/tsc"),
      "-p",
      join(PACKAGE, "tsconfig.tests.json"),
    ]);
    writeFileSync(join(TESTS, "package.json"), JSON.stringify({ type: "module" }));
  });

  after(() => rmSync(TESTS, { recursive: true, force: true }));

  // 18 lacks the mocked timers that the tests need, not the package; `works on 18` stands for it.
  for (const version of ["the machine's own Node", "26.10.0"]) {
    test(`pass on ${version}`, { timeout: 240_000 }, async (context) => {
      const node = await nodeOf(version, context);
      if (node === undefined) return;
      // register.test.ts starts the checkout's own TypeScript; the package's register is tried above.
      const files = globSync("{src,test}/*.test.js", { cwd: TESTS }).filter((file) => !file.includes("register"));
      assert.ok(files.length >= 7);
      // Without what tells a child that a test runner started it, which would change what it prints and how it ends.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      // Where one fails, its name is what is wanted, not that the program ended with 1.
      const { stdout } = await run(node, ["--test", "--test-reporter=tap", ...files], {
        ...{ cwd: TESTS, env, maxBuffer: 2 ** 26 },
      }).catch((error: unknown) => error as { readonly stdout: string });
      const failed = /^ *not ok .*$(?:\n {2,}.*)*/m.exec(stdout);
      assert.equal(failed?.[0], undefined);
      assert.match(stdout, /^# pass [1-9]\d{2}/m);
      assert.match(stdout, /^# fail 0$/m);
    });
  }
});

const nodes = new Map<string, Promise<string>>();

/** The program of a Node; `undefined` after a skip where it is not to be had. */
async function nodeOf(version: string, context: TestContext): Promise<string | undefined> {
  if (version === "this Node") return process.execPath;
  if (version === "the machine's own Node") {
    if (existsSync(OWN)) return OWN;
    context.skip("there is none");
    return undefined;
  }
  const node = nodes.get(version) ?? fetchNode(version);
  nodes.set(version, node);
  try {
    return await node;
  } catch {
    context.skip("the registry does not answer");
    return undefined;
  }
}

/** Not a dependency of the checkout: two packages with a `node` for `.bin` would be each other's accident. */
async function fetchNode(version: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "ecluse-node-"));
  process.once("exit", () => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", `node-linux-${process.arch}@${version}`, "--prefer-offline", ...NPM], { cwd: home });
  return join(home, "node_modules", `node-linux-${process.arch}`, "bin/node");
}

function visible(path: string): readonly string[] {
  return readdirSync(path).filter((name) => !name.startsWith("."));
}
