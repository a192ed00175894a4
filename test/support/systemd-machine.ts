/**
 * A machine where systemd is process 1: in namespaces of its own, with the files of this machine below and everything that
 * is written above them in memory. Nothing of this machine's own units is loaded, no state of a gateway of its own is seen,
 * and nothing is left behind.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { until } from "./loopback.ts";

/** What a machine's administrator has, and nothing of who runs the tests. */
const ENVIRONMENT = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** What units may name, and what the tests' machines need nothing of. */
const STUBS = ["sysinit", "basic", "multi-user", "network-online", "shutdown"].map((name) => `${name}.target`);

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

export class SystemdMachine implements AsyncDisposable {
  readonly #holder: ChildProcess;
  readonly #cgroup: string;
  readonly #pid: number;

  private constructor(holder: ChildProcess, cgroup: string, pid: number) {
    this.#holder = holder;
    this.#cgroup = cgroup;
    this.#pid = pid;
  }

  /** Why there can be none here; `false`: there can. */
  static unavailable(): string | false {
    return cgroup2() === undefined ? "needs a cgroup2 file system" : false;
  }

  /** Resolves once systemd answers. The program is in /opt/ecluse, this process's Node in /usr/bin/node. */
  static async start(): Promise<SystemdMachine> {
    const cgroup = join(cgroup2() ?? "", `ecluse-test-${process.pid}-${(count += 1)}`);
    mkdirSync(cgroup);
    const holder = spawn("sh", ["-c", ENTER, "sh", cgroup, BOOT, process.execPath, process.cwd()], {
      stdio: ["ignore", "ignore", "inherit"],
      env: ENVIRONMENT,
    });
    const pidOf = (): number => Number(childrenOf(holder.pid ?? 0)[0] ?? 0);
    await until(() => existsSync(`/proc/${pidOf()}/root/run/systemd/private`), "systemd answers");
    return new SystemdMachine(holder, cgroup, pidOf());
  }

  /** Runs a program there to its end. */
  try(program: string, ...words: readonly string[]): Ran {
    const { stdout, stderr, status } = spawnSync("nsenter", [...this.#enter(), program, ...words], {
      encoding: "utf8",
      env: ENVIRONMENT,
    });
    return { out: stdout, err: stderr, code: status };
  }

  /** The same, and throws with its stderr if it fails. Returns what it printed, without the last newline. */
  run(program: string, ...words: readonly string[]): string {
    const line = [...this.#enter(), program, ...words];
    return execFileSync("nsenter", line, { encoding: "utf8", stdio: "pipe", env: ENVIRONMENT }).trimEnd();
  }

  start(program: string, ...words: readonly string[]): ChildProcess {
    return spawn("nsenter", [...this.#enter(), program, ...words], {
      stdio: ["pipe", "pipe", "inherit"],
      env: ENVIRONMENT,
    });
  }

  write(path: string, text: string): void {
    this.run("mkdir", "-p", dirname(path));
    execFileSync("nsenter", [...this.#enter(), "tee", path], {
      input: text,
      stdio: ["pipe", "ignore", "inherit"],
      env: ENVIRONMENT,
    });
  }

  /** Where its units lie. */
  unit(name: string, text: string): void {
    this.write(`${UNITS}/${name}`, text);
    this.run("systemctl", "daemon-reload");
  }

  property(unit: string, name: string): string {
    return this.run("systemctl", "show", "--value", "--property", name, unit);
  }

  /** The words that run a program there, in the environment of who runs them: `nsenter ... --`. */
  get entry(): readonly string[] {
    return ["nsenter", ...this.#enter()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#holder, "exit");
    this.#holder.kill("SIGKILL");
    await exited;
    await until(() => isRemoved(this.#cgroup), "its control groups are empty");
  }

  #enter(): readonly string[] {
    return ["--target", String(this.#pid), "--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--"];
  }
}

let count = 0;

const UNITS = "/etc/systemd/system";

/** Into its control group first: the namespace begins there. It ends with this process, however that ends. */
const ENTER = `
  echo $$ > "$1/cgroup.procs"
  exec setpriv --pdeathsig KILL unshare --mount --pid --net --ipc --uts --cgroup --fork --kill-child=KILL sh -ec "$2" sh "$3" "$4"
`;

/** As systemd wants a container to be: https://systemd.io/CONTAINER_INTERFACE */
const BOOT = `
  mount --make-rprivate /
  mount -t tmpfs tmpfs /run
  above=/run/above
  for folder in /etc /var /opt /usr/bin /usr/local; do
    mkdir -p $above$folder/upper $above$folder/work
    mount -t overlay overlay -o lowerdir=$folder,upperdir=$above$folder/upper,workdir=$above$folder/work $folder
  done
  rm -rf /var/lib/ecluse /var/cache/ecluse
  mkdir -p /opt/ecluse && mount --bind "$2" /opt/ecluse
  touch /usr/bin/node && mount --bind "$1" /usr/bin/node
  mkdir -p $above/dev
  for node in null zero full random urandom tty; do touch $above/dev/$node; mount --bind /dev/$node $above/dev/$node; done
  ln -s /proc/self/fd $above/dev/fd
  mount --rbind $above/dev /dev
  mkdir /dev/shm /dev/pts
  mount -t tmpfs tmpfs /dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
  ln -s pts/ptmx /dev/ptmx
  mount -t tmpfs -o mode=1777 tmpfs /tmp
  mount -t proc proc /proc
  mount --bind /proc/sys /proc/sys && mount --bind /proc/sys/net /proc/sys/net
  mount -o remount,bind,ro /proc/sys
  umount --recursive /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  find ${UNITS} -mindepth 1 -delete
  for unit in ${STUBS.join(" ")}; do echo "[Unit]" > ${UNITS}/$unit; done
  export container=test SYSTEMD_UNIT_PATH=${UNITS}
  exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=null --show-status=no
`;

/** Where the unified hierarchy is mounted, alone or beside the older ones. */
function cgroup2(): string | undefined {
  const line = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .find((each) => each.split(" ")[2] === "cgroup2");
  return line?.split(" ")[1];
}

function childrenOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

function isRemoved(cgroup: string): boolean {
  try {
    for (const entry of readdirSync(cgroup, { withFileTypes: true, recursive: true }).toReversed()) {
      if (entry.isDirectory()) rmdirSync(join(entry.parentPath, entry.name));
    }
    rmdirSync(cgroup);
    return true;
  } catch (error) {
    // Its processes are dead, but their group may still be told so.
    if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
    throw error;
  }
}
