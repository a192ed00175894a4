/**
 * A gateway behind its shield, and those who come to it:
 *
 *   till 203.0.113.7, stranger 192.0.2.66, anybody else ── (outside) ── vm 198.51.100.10: ecluse serve, and what it leads to
 */
import { once } from "node:events";
import { type Interface, createInterface } from "node:readline";
import { Host, cable } from "../support/namespaces.ts";
import { type Replaceable, replaceable } from "../take-over/replaceable.ts";

export const VM = "198.51.100.10";
export const TILL = "203.0.113.7";
export const STRANGER = "192.0.2.66";
/** Where everything leads: it sends back what it is sent. The second is what the plan gives to the first terminal. */
export const TARGET = { address: "127.9.9.9", port: 8888 };
const TERMINAL = { address: "172.17.1.10", port: 8888 };

export class ShieldedHost implements AsyncDisposable {
  readonly vm: Host;
  readonly #outside: Host;

  private constructor(vm: Host, outside: Host) {
    this.vm = vm;
    this.#outside = outside;
  }

  static async create(): Promise<ShieldedHost> {
    const [vm, outside] = [await Host.create("vm"), await Host.create("outside")];
    cable(vm, outside);
    vm.address("outside", `${VM}/24`);
    outside.address("vm", "198.51.100.1/24", `${TILL}/32`, `${STRANGER}/32`);
    vm.address("lo", `${TERMINAL.address}/32`);
    vm.route("default", "via", "198.51.100.1");
    const target = vm.converse(process.execPath, "--conditions=source", "test/netns/many-doors.ts");
    if (target.stdout === null) throw new TypeError("no output");
    target.stdin?.write(`${JSON.stringify([TARGET, TERMINAL])}\n`);
    await once(target.stdout, "data");
    return new ShieldedHost(vm, outside);
  }

  /** `words`: what stands before the program, as `setpriv` does. */
  serve(inventory: string, words: readonly string[] = []): Promise<Replaceable> {
    return replaceable(inventory, { before: (variable) => [...this.vm.entry, ...words, "env", variable] });
  }

  /** What becomes of each who comes from there, in turn. */
  visit(from: string, ...ports: readonly number[]): readonly string[] {
    const doors = ports.map((port) => `${VM}:${port}`);
    const said = this.#outside.run(process.execPath, "test/netns/visit.ts", from, ...doors);
    return said.trim().split("\n");
  }

  /** The same, until disposed of: then `outcomes` has them all. */
  keepVisiting(from: string, port: number): AsyncDisposable & { readonly outcomes: readonly string[] } {
    const words = ["test/netns/visit.ts", `again:${from}`, `${VM}:${port}`];
    const child = this.#outside.start(process.execPath, ...words);
    const outcomes: string[] = [];
    if (child.stdout === null) throw new TypeError("no output");
    createInterface({ input: child.stdout }).on("line", (line) => outcomes.push(line));
    return {
      outcomes,
      [Symbol.asyncDispose]: async () => {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      },
    };
  }

  /** Somebody inside, who says a line and hears what comes back. */
  async enter(from: string, port: number): Promise<(line: string) => Promise<string>> {
    const child = this.#outside.converse(process.execPath, "test/netns/session.ts", from, VM, String(port));
    if (child.stdout === null) throw new TypeError("no output");
    const lines = createInterface({ input: child.stdout });
    await nextOf(lines);
    return (line) => {
      const heard = nextOf(lines);
      child.stdin?.write(`${line}\n`);
      return heard;
    };
  }

  /** Whether the shield's table is there. */
  get isShielded(): boolean {
    return this.vm.run("nft", "list", "tables").includes("table ip ecluse_shield");
  }

  /** The kernel's number for the chain where all begins: another one, where the table was made again. */
  get chain(): string {
    return (
      /chain arriving .*# handle (\d+)/.exec(
        this.vm.run("nft", "-a", "list", "chain", "ip", "ecluse_shield", "arriving"),
      )?.[1] ?? ""
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outside[Symbol.asyncDispose]();
    await this.vm[Symbol.asyncDispose]();
  }
}

async function nextOf(lines: Interface): Promise<string> {
  const [line] = (await once(lines, "line")) as [string];
  return line;
}

/** Series of `ecluse_refusals_total`, by reason; those that are 0 left out. */
export async function refusals(gateway: Replaceable): Promise<Readonly<Record<string, number>>> {
  const page = await gateway.ask("metrics");
  const found = page.matchAll(/^ecluse_refusals_total\{outcome="[^"]*",reason="([^"]*)"\} ([1-9]\d*)$/gm);
  return Object.fromEntries(Array.from(found, ([, reason = "", count]) => [reason, Number(count)]));
}
