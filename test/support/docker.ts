/**
 * A Docker engine of the test's own: dockerd in a host's network namespace, with mounts, processes and control groups
 * apart from the machine's. What it mounts ends with it, and nothing of the machine's network or containers is touched.
 */
import { type ChildProcess, execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pause, until } from "./loopback.ts";
import type { Host } from "./namespaces.ts";

/** Docker's own bridge and pools, off the depots of the founding document (172.17.0.0/16). */
const BRIDGES = ["--bip=10.254.0.1/24", "--default-address-pool=base=10.253.0.0/16,size=24"];
const CGROUPS = "/sys/fs/cgroup";

/** In a mount namespace of its own: /run is empty, and what is written to /etc is nowhere else. */
const SCRIPT = `
mount -t tmpfs none /run
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/files,workdir=$1/work" /etc
folder=$1; shift
# runc writes there, and the folder of these tests need not be.
unset XDG_RUNTIME_DIR
exec dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \\
  --host "unix://$folder/docker.sock" "$@"
`;

export class Docker implements AsyncDisposable {
  readonly #folder: string;
  readonly #group: string;
  #child: ChildProcess | undefined;
  #said = "";

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "ecluse-docker-"));
    this.#group = `ecluse-docker-${process.pid}`;
    for (const name of ["files", "work"]) mkdirSync(join(this.#folder, name));
  }

  /** Says in one line why it cannot run here; `undefined`: it runs. */
  async start(host: Host): Promise<string | undefined> {
    const apart = ["--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc"];
    const words = [...apart, "sh", "-ec", SCRIPT, "sh", this.#folder, ...BRIDGES, `--cgroup-parent=/${this.#group}`];
    const child = host.start("sh", "-c", 'exec unshare "$@" 2>&1', "sh", ...words);
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    const deadline = performance.now() + 60_000;
    while (!hasEnded(child) && performance.now() < deadline) {
      if (await this.#ping()) return undefined;
      await pause(50);
    }
    return `dockerd does not start in a namespace here: ${this.#lastWords()}`;
  }

  /** Where it listens. */
  get socket(): string {
    return join(this.#folder, "docker.sock");
  }

  /** Runs the command line client to its end, and returns what it printed; rejects with its stderr. */
  run(...words: readonly string[]): Promise<string> {
    return this.#program("docker", words);
  }

  compose(...words: readonly string[]): Promise<string> {
    return this.#program("docker-compose", words);
  }

  /** Makes an image of a system's root, packed with tar. `changes`: lines of a Dockerfile. */
  async import(packed: string, image: string, changes: readonly string[] = []): Promise<void> {
    await this.run("import", ...changes.flatMap((change) => ["--change", change]), packed, image);
  }

  /** Writes a file below /etc as the engine, and what it mounts, sees it: by a new file, as an editor does. */
  write(path: string, text: string): void {
    const script = 'umask 022; mkdir -p "${1%/*}"; cat > "$1.new"; mv "$1.new" "$1"';
    const mounts = `--mount=/proc/${this.#child?.pid ?? 0}/ns/mnt`;
    execFileSync("nsenter", [mounts, "--", "sh", "-ec", script, "write", path], { input: text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && !hasEnded(child)) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    await until(() => removeGroups(this.#group), "its control groups are empty");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #program(name: string, words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(name, words, { env: this.#env(), maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  #env(): NodeJS.ProcessEnv {
    // Debian's engine builds by itself; a newer client would ask for a plugin to do it.
    return { ...process.env, DOCKER_HOST: `unix://${this.socket}`, DOCKER_BUILDKIT: "0" };
  }

  #ping(): Promise<boolean> {
    return new Promise((resolve) => {
      const asked = request({ socketPath: this.socket, path: "/_ping" }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      asked.on("error", () => resolve(false)).end();
    });
  }

  #lastWords(): string {
    return this.#said.trimEnd().split("\n").at(-1) ?? "";
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Empty groups stay behind where a container was; whether none is left. */
function removeGroups(name: string): boolean {
  const hierarchies = ["", ...readdirSync(CGROUPS)];
  return hierarchies.map((hierarchy) => removeGroup(join(CGROUPS, hierarchy, name))).every(Boolean);
}

function removeGroup(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroup(join(folder, entry.name));
    }
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EBUSY";
  }
}
