/**
 * Hosts on one machine: network namespaces that live as long as the test, joined by virtual cables.
 *
 * Each namespace is held by a process that ends with its standard input, which this process holds: however a test ends,
 * nothing is left behind. Nothing of the machine's own network is touched, and nothing leaves it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

export class Host implements AsyncDisposable {
  readonly name: string;
  readonly #holder: ChildProcess;
  readonly #processes = new Set<ChildProcess>();

  readonly #isApart: boolean;

  private constructor(name: string, holder: ChildProcess, isApart: boolean) {
    this.name = name;
    this.#holder = holder;
    this.#isApart = isApart;
  }

  /**
   * A namespace of its own, with only its loopback interface up. `apart`: its processes are only its own, too, and what is
   * mounted in it nobody else sees.
   */
  static async create(name: string, { apart = false }: { readonly apart?: boolean } = {}): Promise<Host> {
    const more = apart ? ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"] : [];
    // `cat` says by its echo that unshare has done its work, and ends with its input.
    const holder = spawn("unshare", ["--net", ...more, "cat"], { stdio: ["pipe", "pipe", "inherit"] });
    holder.stdin.write("up\n");
    await once(holder.stdout, "data");
    const host = new Host(name, holder, apart);
    host.run("ip", "link", "set", "lo", "up");
    return host;
  }

  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /** Runs a program in the namespace to its end and returns what it printed; throws with its stderr. */
  run(program: string, ...words: readonly string[]): string {
    return execFileSync("nsenter", [...this.#enter(), program, ...words], { encoding: "utf8", stdio: "pipe" });
  }

  /** The same for a program that is told something on its standard input. */
  tell(text: string, program: string, ...words: readonly string[]): string {
    return execFileSync("nsenter", [...this.#enter(), program, ...words], {
      input: text,
      encoding: "utf8",
      stdio: "pipe",
    });
  }

  /** Starts a program in the namespace; it is ended with the host at the latest. */
  start(program: string, ...words: readonly string[]): ChildProcess {
    return this.#spawn("ignore", program, ...words);
  }

  /** The same for a program that is told things one after another. */
  converse(program: string, ...words: readonly string[]): ChildProcess {
    return this.#spawn("pipe", program, ...words);
  }

  #spawn(input: "ignore" | "pipe", program: string, ...words: readonly string[]): ChildProcess {
    const child = spawn("nsenter", [...this.#enter(), program, ...words], { stdio: [input, "pipe", "inherit"] });
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
    return child;
  }

  address(device: string, ...addresses: readonly string[]): void {
    for (const address of addresses) this.run("ip", "address", "add", address, "dev", device);
  }

  route(...words: readonly string[]): void {
    this.run("ip", "route", "add", ...words);
  }

  /** Lets this host forward packets, as a router does. */
  forward(): void {
    // By its file: the program sysctl is not on every machine.
    this.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#processes, this.#holder]) {
      // It may have ended by itself while another was awaited, and does not say so twice.
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
  }

  /** The words that run a program in the namespace: `nsenter ... --`. */
  get entry(): readonly string[] {
    return ["nsenter", ...this.#enter()];
  }

  #enter(): readonly string[] {
    const namespaces = `/proc/${this.pid}/ns`;
    const apart = [`--mount=${namespaces}/mnt`, `--pid=${namespaces}/pid_for_children`];
    return [`--net=${namespaces}/net`, ...(this.#isApart ? apart : []), "--"];
  }
}

/** A virtual cable between two hosts; each end is named after the other host and is up. */
export function cable(a: Host, b: Host): void {
  execFileSync("nsenter", [
    `--net=/proc/${a.pid}/ns/net`,
    "--",
    ...["ip", "link", "add", b.name, "type", "veth", "peer", "name", a.name, "netns", String(b.pid)],
  ]);
  a.run("ip", "link", "set", b.name, "up");
  b.run("ip", "link", "set", a.name, "up");
}
