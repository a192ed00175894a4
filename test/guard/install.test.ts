/**
 * The install steps of the guard's README and of the listening rule's, by their own commands: the guard is packed in a
 * copy of what a checkout holds of it, and installed from an empty folder, where nothing of the checkout is.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, suite, test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { readServices, type Service } from "../../examples/listening-rule/landscape.ts";
import { freePort, isListening, loopbackAddress, type Place, until } from "../support/loopback.ts";

const run = promisify(execFile);
const EXAMPLE = "examples/listening-rule";
const home = mkdtempSync(join(tmpdir(), "ecluse-install-"));
const checkout = join(home, "checkout");
/** The unit's own, where there is one. */
const NODE = existsSync("/usr/bin/node") ? "/usr/bin/node" : process.execPath;

suite("installing the guard", { timeout: 280_000 }, () => {
  after(() => rmSync(home, { recursive: true, force: true }));

  test("its README's commands put it into an empty folder, by itself", async () => {
    const [packing = "", installing = ""] = blocksOf("packages/guard/README.md", "Install");
    await pack(packing);
    const folder = mkdtempSync(join(home, "service-"));
    cpSync(join(checkout, "ecluse-guard-0.1.0.tgz"), join(folder, "ecluse-guard-0.1.0.tgz"));
    await shell(installing, folder, { npm_config_offline: "true" });
    const code = `import { createGuard } from "@ecluse/guard"; console.log(createGuard({ allow: "any" }).refused)`;
    const { stdout } = await run(NODE, ["--input-type=module", "--eval", code], { cwd: folder });
    assert.equal(stdout, "0\n");
  });

  test("the example's first step puts its services on a machine, where they start as their units say", async (context) => {
    const [packing = "", installing = ""] = blocksOf(`${EXAMPLE}/README.md`, "Put it on machines");
    await pack(packing);
    const machine = mkdtempSync(join(home, "machine-"));
    cpSync(join(checkout, EXAMPLE), machine, { recursive: true });
    try {
      await shell(installing, machine, { npm_config_prefer_offline: "true" });
    } catch (error) {
      if (!/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|network/.test(String(error))) throw error;
      context.skip("the registry does not answer");
      return;
    }
    for (const service of readServices()) await assertGuarded(context, service, machine);
  });

  test("the example asks for the versions that it is tested with", () => {
    const { dependencies } = json(`${EXAMPLE}/package.json`);
    const { version, devDependencies: guards } = json("packages/guard/package.json");
    const { devDependencies: roots } = json("package.json");
    assert.deepEqual(dependencies, {
      "@ecluse/guard": `file:ecluse-guard-${version ?? ""}.tgz`,
      express: guards?.["express"],
      ws: roots?.["ws"],
    });
  });
});

/** The checkout's own is left alone, for other tests build the guard in it. `npm ci` is what was done before any test. */
async function pack(block: string): Promise<void> {
  const [first, ...commands] = block.trim().split("\n");
  assert.equal(first, "npm ci");
  for (const path of ["package.json", "tsconfig.json", "packages/guard", "tools/runtime/package.json", EXAMPLE])
    cpSync(path, join(checkout, path), { recursive: true, filter: (each) => !/node_modules|dist$/.test(each) });
  if (!existsSync(join(checkout, "node_modules"))) symlinkSync(resolve("node_modules"), join(checkout, "node_modules"));
  await shell(commands.join("\n"), checkout, {});
}

/** Starts a service as its unit does, but on an address of loopback, and asks it from its proxy's and from another. */
async function assertGuarded(context: TestContext, service: Service, machine: string): Promise<void> {
  const [host, proxy] = [loopbackAddress(), loopbackAddress()];
  const place = { host, port: await freePort(host) };
  const there: Readonly<Record<string, string>> = { _HOST: host, _PORT: String(place.port), _SOURCE_IP: proxy };
  const env = Object.entries(service.environment).map(([name, value]) => {
    const ending = Object.keys(there).find((each) => name.endsWith(each));
    return [name, (ending === undefined ? undefined : there[ending]) ?? value] as const;
  });
  const child = spawn(NODE, service.words, { cwd: machine, env: Object.fromEntries(env), stdio: "ignore" });
  context.after(() => child.kill("SIGKILL"));
  await until(() => isListening(place) || child.exitCode !== null, `${service.name}'s listener`);
  const path = service.name === "signet-dashboard" ? "/api/status" : "/health";
  const statuses = [await statusFor(proxy, place, path), await statusFor(loopbackAddress(), place, path)];
  assert.deepEqual(statuses, [200, 403], service.name);
}

async function statusFor(localAddress: string, place: Place, path: string): Promise<number | undefined> {
  const request = get({ ...place, path, localAddress, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function shell(commands: string, cwd: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const quiet = { npm_config_audit: "false", npm_config_fund: "false", npm_config_loglevel: "error" };
  await run("sh", ["-e", "-c", commands], { cwd, env: { ...process.env, ...quiet, ...settings } });
}

function blocksOf(file: string, section: string): readonly string[] {
  const parts = readFileSync(file, "utf8").split(/^## /m);
  const text = parts.find((part) => part.startsWith(`${section}\n`)) ?? "";
  return [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, block = ""]) => block.replace(/^ +/gm, ""));
}

interface PackageFile {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function json(file: string): PackageFile {
  return JSON.parse(readFileSync(file, "utf8")) as PackageFile;
}
