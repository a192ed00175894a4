/**
 * The first founding document's network, with its own addresses, each host in a network namespace:
 *
 *   till 203.0.113.7 ────┐                                                          ┌── depot01: 172.17.1.10, .11
 *                        internet ── vm 198.51.100.10 ──(tunnel)── router 172.17.240.1
 *   stranger 192.0.2.66 ─┘           ecluse serve                  subnet router, SNAT └── depot22: 172.17.22.10, .11
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { Host, cable } from "../support/namespaces.ts";

export const VM = "198.51.100.10";
export const TILL = "203.0.113.7";
export const STRANGER = "192.0.2.66";
export const DOORS = [10101, 10102, 12201, 12202].map((port) => `${VM}:${port}`);

export type Result = { readonly door: string; readonly kind: string; readonly code?: string };
export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Serving {
  readonly ready: { readonly doors: number };
  /** Stops it, asserts a clean end, and returns its events. */
  readonly stop: () => Promise<readonly Event[]>;
}

export class Network implements AsyncDisposable {
  readonly till: Host;
  readonly stranger: Host;
  readonly vm: Host;
  readonly #internet: Host;
  readonly #router: Host;
  readonly #depots: readonly [Host, Host];

  private constructor(hosts: readonly [Host, Host, Host, Host, Host, Host, Host]) {
    const [till, stranger, internet, vm, router, first, second] = hosts;
    this.till = till;
    this.stranger = stranger;
    this.#internet = internet;
    this.vm = vm;
    this.#router = router;
    this.#depots = [first, second];
  }

  static async create(): Promise<Network> {
    const create = (name: string): Promise<Host> => Host.create(name);
    const network = new Network([
      await create("till"),
      await create("stranger"),
      await create("internet"),
      await create("vm"),
      await create("router"),
      await create("depot01"),
      await create("depot22"),
    ]);
    network.#wireInternet();
    network.#wireTunnel();
    for (const [index, depot] of network.#depots.entries()) network.#wireDepot(depot, [1, 22][index] ?? 0);
    return network;
  }

  #wireInternet(): void {
    const internet = this.#internet;
    const plug = (host: Host, address: string, gateway: string): void => {
      cable(internet, host);
      internet.address(host.name, `${gateway}/24`);
      host.address("internet", `${address}/24`);
      host.route("default", "via", gateway);
    };
    plug(this.till, TILL, "203.0.113.1");
    plug(this.stranger, STRANGER, "192.0.2.1");
    plug(this.vm, VM, "198.51.100.1");
    internet.forward();
  }

  #wireTunnel(): void {
    cable(this.vm, this.#router);
    this.vm.address("router", "172.17.240.2/24");
    this.#router.address("vm", "172.17.240.1/24");
    this.vm.route("172.17.0.0/16", "via", "172.17.240.1");
    this.#router.forward();
    // A subnet router translates sources by default: the terminals see its address, not the gateway's.
    this.#router.run("nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }");
    this.#router.run("nft", 'add rule ip nat post oifname "depot*" masquerade');
  }

  #wireDepot(depot: Host, number: number): void {
    cable(this.#router, depot);
    this.#router.address(depot.name, `172.17.${number}.1/24`);
    depot.address("router", `172.17.${number}.10/24`, `172.17.${number}.11/24`);
    depot.run(
      "nft",
      "add table ip seen; add counter ip seen syns; add chain ip seen in { type filter hook input priority 0; }",
    );
    depot.run("nft", "add rule ip seen in tcp flags & (syn | ack) == syn counter name syns");
  }

  startTerminals(): void {
    for (const [index, depot] of this.#depots.entries()) {
      const number = [1, 22][index] ?? 0;
      const listen = `172.17.${number}.10:8888,172.17.${number}.11:8888`;
      depot.start(process.execPath, ...program("simulate", "--listen", listen, "--delay", "100ms")).stdout?.resume();
    }
  }

  async serve(context: TestContext, inventory: string): Promise<Serving> {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-netns-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "ecluse.yaml");
    writeFileSync(file, inventory);
    const child = this.vm.start(process.execPath, ...program("serve", "--inventory", file, ...places(folder)));
    return serving(child);
  }

  /** SYNs that the kernels of depots 1 and 22 have seen. */
  synsHeard(): readonly number[] {
    return this.#depots.map((depot) =>
      Number(/packets (\d+)/.exec(depot.run("nft", "list counter ip seen syns"))?.[1]),
    );
  }

  async pay(from: Host, source: string, doors: readonly string[] = DOORS): Promise<readonly Result[]> {
    const child = from.start(process.execPath, "--conditions=source", "test/netns/till.ts", source, ...doors);
    const lines: string[] = [];
    for await (const line of linesOf(child)) lines.push(line);
    return lines.map((line) => JSON.parse(line) as Result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hosts = [this.till, this.stranger, this.#internet, this.vm, this.#router, ...this.#depots];
    for (const host of hosts) await host[Symbol.asyncDispose]();
  }
}

async function serving(child: ChildProcess): Promise<Serving> {
  const events: Event[] = [];
  const ready = Promise.withResolvers<Event>();
  const ended = (async () => {
    for await (const line of linesOf(child)) {
      const { time: _, ...event } = JSON.parse(line) as Event & { readonly time: string };
      events.push(event);
      if (event.event === "ready") ready.resolve(event);
    }
    ready.reject(new Error("serve ended before it was ready"));
  })();
  const started = (await ready.promise) as unknown as Serving["ready"];
  return {
    ready: started,
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      assert.deepEqual(await exited, [0, null]);
      await ended;
      return events;
    },
  };
}

/** State and socket in a folder of the test's own. */
function places(folder: string): readonly string[] {
  return ["--state", join(folder, "state"), "--control", join(folder, "control.sock")];
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) throw new TypeError("the program has no output");
  return createInterface({ input: child.stdout });
}

export function program(...words: readonly string[]): readonly string[] {
  return ["--conditions=source", "src/cli/main.ts", ...words];
}

export function kinds(results: readonly Result[]): readonly string[] {
  return results.map(({ door, kind, code }) => [door, kind, ...(code === undefined ? [] : [code])].join(" "));
}
