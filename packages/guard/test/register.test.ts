/** Services that know nothing of the guard, started with `--import @ecluse/guard/register`. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Answer, PROXY, say, SERVICE, STRANGER } from "./support/peers.ts";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const GET = "GET / HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n";
const TELL = "console.log(JSON.stringify(server.address()))";

/** A program's text, whether it is a module, and how it answers the proxy. */
const SERVICES: Readonly<
  Record<string, { readonly text: string; readonly esm?: true; readonly raw?: true; readonly file?: true }>
> = {
  "Express 4, CommonJS": {
    text: `const app = require("express4")(); app.get("/", (q, r) => r.send("hello"));
      const server = app.listen(0, () => ${TELL})`,
  },
  "Express 5, a module": {
    esm: true,
    text: `import express from "express"; const app = express(); app.get("/", (q, r) => r.send("hello"));
      const server = app.listen(0, () => ${TELL})`,
  },
  "Fastify 5 on 0.0.0.0": {
    esm: true,
    text: `import { fastify } from "fastify"; const app = fastify(); const { server } = app; app.get("/", () => "hello");
      await app.listen({ port: 0, host: "0.0.0.0" }); ${TELL}`,
  },
  "http on ::, a module": {
    esm: true,
    text: `import { createServer } from "node:http";
      const server = createServer((q, r) => r.end("hello")).listen(0, "::", () => ${TELL})`,
  },
  "net, CommonJS": {
    raw: true,
    text: `const server = require("net").createServer((s) => s.on("error", () => 0).end("STATUS 200\\n"));
      server.listen({ port: 0 }, () => ${TELL})`,
  },
  "http in a worker thread": {
    text: `const { Worker } = require("worker_threads"); new Worker(new URL("data:text/javascript," + encodeURIComponent(
      'import http from "http"; const server = http.createServer((q, r) => r.end("hello")).listen(0, () => ${TELL})')))`,
  },
  "http in a cluster": {
    file: true,
    text: `const cluster = require("cluster"); if (cluster.isPrimary) cluster.fork();
      else { const server = require("http").createServer((q, r) => r.end("hello")).listen(0, () => ${TELL}) }`,
  },
};

suite("node --import @ecluse/guard/register", () => {
  for (const [name, { text, esm, raw, file }] of Object.entries(SERVICES)) {
    test(`${name}: IPv4 on the given host, the proxy and nobody else`, async () => {
      const program = file === true ? [saved(text)] : inline(text, esm);
      await using service = await start(program, { API_HOST: SERVICE, ALLOWED_SOURCE_IP: PROXY });
      const { address, family, port } = service.address;
      assert.deepEqual([address, family], [SERVICE, "IPv4"]);
      const ask = (from: string): Promise<Answer> => say({ port, from, secure: false }, [GET]);
      assert.deepEqual((await ask(PROXY)).statuses, [200]);
      const refused = await ask(STRANGER);
      assert.deepEqual(refused.statuses, raw === true ? [] : [403]);
      assert.notEqual(refused.end, "open");
    });
  }

  const refusals: readonly (readonly [what: string, env: Record<string, string>, reason: RegExp])[] = [
    ["an empty ALLOWED_SOURCE_IP", { API_HOST: SERVICE, ALLOWED_SOURCE_IP: "" }, /ALLOWED_SOURCE_IP is empty/],
    ["a misspelt ALLOWED_SOURCE_IP", { API_HOST: SERVICE, ALLOWED_SOURCE_IP: "proxy" }, /not an IPv4 address/],
    ["no ALLOWED_SOURCE_IP off loopback", { API_HOST: "192.0.2.1" }, /ALLOWED_SOURCE_IP is absent/],
    ["no *_HOST", { ALLOWED_SOURCE_IP: PROXY }, /no variable is named \*_HOST/],
    ["two *_HOST", { ALLOWED_SOURCE_IP: PROXY, A_HOST: SERVICE, B_HOST: SERVICE }, /"A_HOST", "B_HOST" are all/],
    ["a wildcard *_HOST", { ALLOWED_SOURCE_IP: PROXY, API_HOST: "0.0.0.0" }, /API_HOST is every IPv4 address/],
  ];
  for (const [what, env, reason] of refusals) {
    test(`does not start: ${what}`, async () => {
      const child = run(inline(`console.log("started")`), env);
      const [output, error] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, "close")]);
      assert.equal(output, "");
      assert.match(error, reason);
      assert.equal(child.exitCode, 1);
    });
  }
});

interface Running extends AsyncDisposable {
  readonly address: { readonly address: string; readonly family: string; readonly port: number };
}

async function start(program: readonly string[], env: Record<string, string>): Promise<Running> {
  const child = run(program, env);
  const errors = textOf(child.stderr);
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit")])) as [unknown];
  if (typeof line !== "string") throw new Error(`the service ended: ${await errors}`);
  return {
    address: JSON.parse(line) as Running["address"],
    async [Symbol.asyncDispose]() {
      const exited = child.exitCode ?? child.signalCode ?? once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

function inline(text: string, esm?: true): readonly string[] {
  return [...(esm === true ? ["--input-type=module"] : []), "-e", text];
}

/** In a file, for programs that start themselves again. */
function saved(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "ecluse-guard-")), "service.cjs");
  writeFileSync(file, text);
  process.once("exit", () => rmSync(dirname(file), { recursive: true }));
  return file;
}

function run(program: readonly string[], env: Record<string, string>): ChildProcessWithoutNullStreams {
  const flags = ["--conditions=source", "--import", "@ecluse/guard/register"];
  const options = { cwd: PACKAGE, env: { PATH: process.env["PATH"], ...env } };
  const child = spawn(process.execPath, [...flags, ...program], options);
  child.stdin.end();
  return child;
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
