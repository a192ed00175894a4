/** A gateway that serves behind UFW, and a real dockerd beside it, off the depots: what is published goes past UFW. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Docker } from "../support/docker.ts";
import { needs, program } from "../support/packages.ts";
import { CannotStart, type DriftHost, UFW, serving, toServe } from "./drift-hosts.ts";

export const dockerSkip = needs(["docker.io", "iproute2", "iptables", "ufw", "socat"], { root: true });

/** Throws `CannotStart` where dockerd does not start. `contained`: the gateway runs in a container, in the host's network. */
export async function dockerGateway({ contained = false } = {}): Promise<DriftHost> {
  await using stack = new AsyncDisposableStack();
  // The host goes first: dockerd, and what it has started, end with its processes.
  const docker = stack.use(new Docker());
  const host = stack.use(contained ? await toServe(UFW) : await serving(UFW));
  const why = await docker.start(host.walled.host);
  if (why !== undefined) throw new CannotStart(why);
  await importEcho(docker);
  // Where everybody looks for it.
  host.sh(`ln -s ${docker.socket} /run/docker.sock`);
  if (contained) host.sh(CONTAINED);
  const opened = stack.move();
  return { ...host, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** This program, by this Node. What it is told lies where dockerd sees it, too. */
const CONTAINED = [
  "docker create --name ecluse --network host",
  ...[process.execPath, process.cwd()].map((path) => `--volume ${path}:${path}:ro`),
  `--env ECLUSE_INVENTORY=/ecluse.yaml --entrypoint ${process.execPath}`,
  `echo --conditions=source ${process.cwd()}/src/cli/main.ts serve --state /state --control /state/ecluse.sock`,
  "&& docker cp /etc/ecluse/ecluse.yaml ecluse:/ecluse.yaml && docker start ecluse",
  "&& until ss -Htln 'sport = :10102' | grep -q .; do :; done",
].join(" ");

/** A small image of what this machine has: a program that repeats what it hears, what a gateway asks of its host, and libraries. */
async function importEcho(docker: Docker): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-echo-"));
  try {
    const programs = ["socat", "cat", "flock"].map((name) => program(name) ?? name);
    const libraries =
      execFileSync("ldd", [...programs, process.execPath], { encoding: "utf8" }).match(/\/\S+(?= \(0x)/g) ?? [];
    const packed = join(folder, "echo.tar");
    execFileSync("tar", ["--create", "--dereference", "--file", packed, ...programs, ...new Set(libraries)], {
      stdio: "pipe",
    });
    await docker.import(packed, "echo", [
      `ENTRYPOINT ["${programs[0] ?? ""}"]`,
      `CMD ["TCP-LISTEN:8888,fork", "EXEC:${programs[1] ?? ""}"]`,
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
