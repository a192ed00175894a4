/**
 * Runs the landscape on this machine's loopback, without root: 127.0.1.x stands for 192.168.1.x. Ends with Ctrl-C.
 * Usage: npx node --conditions=source examples/listening-rule/run.ts
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { FOLDER, makeCertificate, prepareNginx, readServices } from "./landscape.ts";

const NETWORK = "127.0.1";
const TLS_PORT = 8443;
/** nginx lives in an administrators' folder, which is not on everybody's PATH. */
const PATH = [process.env["PATH"] ?? "", "/usr/sbin", "/usr/local/sbin"].join(delimiter);

const children = new Set<ChildProcess>();
const folder = mkdtempSync(join(tmpdir(), "listening-rule-"));
process.once("exit", () => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
});
// Each time: Ctrl-C comes twice, from the terminal and from npx, and the second may not end what the first began.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => end(0));

for (const { name, environment, words } of readServices(NETWORK))
  start(name, process.execPath, ["--conditions=source", ...words], { PATH, ...environment });

if (has("nginx", "-v") && has("openssl", "version")) {
  const certificate = makeCertificate(join(folder, "proxy"));
  nginx("mempool", "machines/bitcoin/mempool.conf", "bitcoin");
  nginx("proxy", "machines/proxy/listening-rule.conf", "proxy");
  console.log(`the proxy's certificate is ${certificate}`);
} else console.log("no nginx or no openssl here: neither mempool's page nor the proxy");

function nginx(name: string, site: string, machine: string): void {
  const words = prepareNginx(site, { folder: join(folder, machine), network: NETWORK, tlsPort: TLS_PORT });
  start(name, "nginx", words, { PATH });
}

function start(name: string, program: string, words: readonly string[], env: NodeJS.ProcessEnv): void {
  const child = spawn(program, words, { cwd: FOLDER, env, stdio: ["ignore", "inherit", "inherit"] });
  child.once("error", (error) => console.error(`${name}: ${error.message}`));
  if (child.pid === undefined) return;
  children.add(child);
  child.once("exit", (code, signal) => {
    children.delete(child);
    if (process.exitCode === undefined)
      console.error(`${name} ended (${signal ?? code ?? "?"}): the landscape ends with it`);
    end(1);
  });
}

/** With the last child, for a child that is still ending may write to the folder while it is removed. */
function end(code: number): void {
  process.exitCode ??= code;
  for (const child of children) child.kill();
  if (children.size === 0) process.exit();
}

function has(program: string, word: string): boolean {
  return spawnSync(program, [word], { env: { PATH }, stdio: "ignore" }).status === 0;
}
