/**
 * Does once what containers do, for an image to be built with the compiled code in its cache folder
 * ($NODE_COMPILE_CACHE): a container, whose own folders are read-only, then neither strips types nor compiles.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "ecluse-cache-"));
const control = ["--control", join(folder, "control.sock")];

await during(["forward", "127.0.0.1", "9", "--allow", "127.0.0.1"]);
await during(["serve", "--inventory", "examples/demo.yaml", "--state", folder, ...control], () =>
  ended(ecluse(["status", ...control])),
);
rmSync(folder, { recursive: true });

function ecluse(words: readonly string[]): ChildProcess {
  const line = [...process.execArgv, "src/cli/container.js", ...words];
  return spawn(process.execPath, line, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Starts it, does what is to be done once it is ready, and ends it in order. */
async function during(words: readonly string[], act = (): Promise<void> => Promise.resolve()): Promise<void> {
  const child = ecluse(words);
  const over = ended(child);
  if (child.stdout !== null) await Promise.race([once(child.stdout, "data"), over]);
  await act();
  child.kill("SIGTERM");
  await over;
}

/** Throws where it fails: an image whose program does not even start is not to be built. */
async function ended(child: ChildProcess): Promise<void> {
  child.stdout?.resume();
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with ${String(code ?? signal)}`);
}
