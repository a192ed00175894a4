/**
 * Runs the bench again inside namespaces of its own: network, processes, mounts.
 *
 * The network has no interface to the outside, so no packet can leave the machine. The bench is the first process of
 * its process namespace: when it ends, however it ends, the kernel ends every process that it started, and with the
 * last process the networks go too. Works as root, and for others where the kernel allows user namespaces.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

/** `namespaces`: till, gateway and depot each in a network of their own. `loopback`: all on 127.0.0.0/8 of this host. */
export type Isolation = "namespaces" | "loopback";

/** What the inner run is told. */
export interface Inside {
  readonly isolation: Isolation;
  /** An empty folder, removed after the run. */
  readonly folder: string;
}

/** What this process was told; `undefined` in the process that the user started. */
export function currentInside(): Inside | undefined {
  const isolation = process.env["ECLUSE_BENCH_ISOLATION"];
  const folder = process.env["ECLUSE_BENCH_FOLDER"];
  const known = isolation === "namespaces" || isolation === "loopback";
  return known && folder !== undefined ? { isolation, folder } : undefined;
}

/** Runs this same program again, isolated as well as this machine allows, and gives its exit code. */
export async function runIsolated(): Promise<number> {
  const unshare = unshareCommand();
  const folder = mkdtempSync(join(tmpdir(), "ecluse-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const told = { ECLUSE_BENCH_ISOLATION: unshare ? "namespaces" : "loopback", ECLUSE_BENCH_FOLDER: folder };
  // The bench stays off the gateway's processor, like the load generator. `setpriv`: ends with us, even by SIGKILL.
  const pinned = ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", String(loadCore()), ...(unshare ?? [])];
  const [command = "", ...words] = [...pinned, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(command, words, { stdio: "inherit", env: { ...process.env, ...told } });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => child.kill("SIGKILL"));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 2;
}

/** The processor of the relay. */
export function gatewayCore(): number {
  return 0;
}

/** Both, for a subject that spreads. */
export function everyCore(): string {
  return `${gatewayCore()},${loadCore()}`;
}

/** The processor of load generator, backend and bench. */
export function loadCore(): number {
  // Not availableParallelism(), which counts what this process is pinned to.
  return cpus().length > 1 ? 1 : 0;
}

function unshareCommand(): readonly string[] | undefined {
  const flags = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const candidates = process.getuid?.() === 0 ? [flags] : [["--map-root-user", ...flags]];
  return candidates
    .map((options) => ["unshare", ...options])
    .find(([command = "", ...options]) => spawnSync(command, [...options, "true"]).status === 0);
}
