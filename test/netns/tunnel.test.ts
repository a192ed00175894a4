/**
 * The gateway behind a real tunnel, with policy routing as Tailscale sets it: rule 5270 -> table 52, which goes with the tunnel.
 *
 *   till 203.0.113.7 ── internet ── vm 198.51.100.10 ════ WireGuard ════ router 192.0.2.20 ── depot22: 172.17.22.10, .11
 *                           │       ecluse serve                            │                 (.12 is not there)
 *                           └───────────────────────────────────────────────┘
 *
 * A payment goes through; then the tunnel goes down, and nothing may leave in clear by the default route.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import type { Why } from "../../src/diagnose/why/why.ts";
import { Host, cable } from "../support/namespaces.ts";
import { DEVICE, needsWireGuard, tunnel } from "../support/wireguard.ts";

const VM = "198.51.100.10";
const TILL = "203.0.113.7";

const INVENTORY = `
gateway:
  address: ${VM}
  terminals: { network: 172.17.0.0/16, firstHost: 10, port: 8888 }
  tunnel: { interface: ${DEVICE}, routers: [172.17.240.1, 172.17.240.2] }
  limits: { connect: 2s }
sources:
  odoo: { addresses: [${TILL}] }
depots:
  22: { allow: [odoo], terminals: 3 }
`;

const GUARD = ["unreachable", "172.17.0.0/16", "metric", "4278198272"];

suite("behind a tunnel", { skip: needsWireGuard(), timeout: 280_000 }, () => {
  test("payments go through it; without it why says so, and nothing leaves by the default route", async () => {
    await using network = await Network.create();

    assert.equal(await network.pay(), "accepted");
    assert.deepEqual(await network.ways(), [
      "tunnel-state ok",
      "way-to-terminals ok",
      "way-without-tunnel ok",
      "mtu ok",
    ]);
    assert.equal((await network.why("22/1")).broken, undefined);
    const missing = await network.why("22/3");
    assert.equal(missing.broken, "terminal", JSON.stringify(missing));
    assert.match(missing.said, /^Terminal 3 of depot 22 does not answer, and everything before it is in order/);

    network.darken();
    const dark = await network.why("22/1");
    assert.equal(dark.broken, "neighbours");
    assert.match(dark.said, /^Depot 22 does not answer at all: .* terminal 1 is not the cause\.$/);
    network.lighten();

    await network.cut();
    const lost = await network.why("22/1");
    assert.equal(lost.broken, "route");
    assert.match(lost.said, /^The gateway has lost its way to terminal 1 of depot 22: its tunnel is down/);
    assert.notEqual(await network.pay(), "accepted");
    assert.equal(network.leaked(), 0, "with the guard route nothing leaves");
    assert.deepEqual(await network.ways(), [
      "tunnel-state trouble",
      "way-to-terminals trouble",
      "way-without-tunnel ok",
    ]);

    network.vm.run("ip", "route", "del", ...GUARD);
    assert.equal((await network.why("22/1")).broken, "route");
    assert.equal(network.leaked(), 0, "why connects to nobody by another way");
    assert.ok((await network.ways()).includes("way-without-tunnel trouble"));
    assert.notEqual(await network.pay(), "accepted");
    assert.ok(network.leaked() > 0, "without the guard route it would have left: the counter counts");
  });
});

const WAYS = ["tunnel-state", "way-to-terminals", "way-without-tunnel", "mtu"];

class Network implements AsyncDisposable {
  readonly vm: Host;
  readonly #hosts: readonly Host[];
  readonly #till: Host;
  readonly #router: Host;
  readonly #folder = mkdtempSync(join(tmpdir(), "ecluse-tunnel-"));
  #cut = (): Promise<void> => Promise.resolve();

  private constructor(hosts: readonly [Host, Host, Host, Host, Host]) {
    [this.#till, , this.vm, this.#router] = hosts;
    this.#hosts = hosts;
  }

  static async create(): Promise<Network> {
    const [till, internet, vm, router, depot] = [
      await Host.create("till"),
      await Host.create("internet"),
      await Host.create("vm"),
      await Host.create("router"),
      await Host.create("depot22"),
    ];
    const network = new Network([till, internet, vm, router, depot]);
    plug(internet, till, TILL, "203.0.113.1");
    plug(internet, vm, VM, "198.51.100.1");
    plug(internet, router, "192.0.2.20", "192.0.2.1");
    internet.forward();
    wireDepot(router, depot);
    await network.#dig();
    network.#watch();
    startTerminals(depot);
    await network.#serve();
    return network;
  }

  /** As Tailscale does it, and with the guard route that it does not set. */
  async #dig(): Promise<void> {
    const { cut } = await tunnel(
      { host: this.vm, outside: VM, inside: "100.64.0.10/32", networks: [] },
      { host: this.#router, outside: "192.0.2.20", inside: "100.64.0.20/32", networks: ["172.17.22.0/24"] },
    );
    this.#cut = cut;
    this.vm.run("ip", "rule", "add", "priority", "5270", "table", "52");
    this.vm.route("172.17.22.0/24", "dev", DEVICE, "table", "52");
    this.vm.route(...GUARD);
    this.#router.route("100.64.0.10", "dev", DEVICE);
  }

  /** Counts what leaves for a depot by the interface of the default route. */
  #watch(): void {
    this.vm.run(
      "nft",
      "add table ip leak; add counter ip leak clear; add chain ip leak out { type filter hook postrouting priority 0; }",
    );
    this.vm.run("nft", 'add rule ip leak out oifname "internet" ip daddr 172.17.0.0/16 counter name clear');
  }

  async #serve(): Promise<void> {
    writeFileSync(this.#file, INVENTORY);
    const child = this.vm.start(
      process.execPath,
      ...program("serve", "--state", join(this.#folder, "state"), ...this.#places),
    );
    if (child.stdout === null) throw new TypeError("serve has no output");
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('"ready"')) break;
    child.stdout.resume();
  }

  get #file(): string {
    return join(this.#folder, "ecluse.yaml");
  }

  get #places(): readonly string[] {
    return ["--inventory", this.#file, "--control", join(this.#folder, "control.sock")];
  }

  async pay(): Promise<string> {
    const till = ["--conditions=source", "test/netns/till.ts", TILL, `${VM}:12201`];
    const { kind } = JSON.parse(await printed(this.#till, till)) as { readonly kind: string };
    return kind;
  }

  async why(terminal: string): Promise<Why> {
    return JSON.parse(
      await printed(this.vm, program("why", terminal, "--from", TILL, "--json", ...this.#places)),
    ) as Why;
  }

  /** What the doctor says of the way, check by check. */
  async ways(): Promise<readonly string[]> {
    const words = program("doctor", "--json", "--inventory", this.#file);
    const said = JSON.parse(await printed(this.vm, words)) as readonly Diagnosis[];
    return said.filter(({ code }) => WAYS.includes(code)).map(({ code, state }) => `${code} ${state}`);
  }

  /** The router drops what it should forward, and says nothing. */
  darken(): void {
    this.#router.run(
      "nft",
      "add table ip dark; add chain ip dark on { type filter hook forward priority 0; policy drop; }",
    );
  }

  lighten(): void {
    this.#router.run("nft", "delete table ip dark");
  }

  /** As if tailscaled had died. */
  cut(): Promise<void> {
    return this.#cut();
  }

  /** Packets for a depot that left by the default route. */
  leaked(): number {
    return Number(/packets (\d+)/.exec(this.vm.run("nft", "list counter ip leak clear"))?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

function plug(internet: Host, host: Host, address: string, gateway: string): void {
  cable(internet, host);
  internet.address(host.name, `${gateway}/24`);
  host.address("internet", `${address}/24`);
  host.route("default", "via", gateway);
}

function wireDepot(router: Host, depot: Host): void {
  cable(router, depot);
  router.address("depot22", "172.17.22.1/24");
  depot.address("router", "172.17.22.10/24", "172.17.22.11/24");
  router.forward();
  // A subnet router translates sources by default.
  router.run("nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }");
  router.run("nft", 'add rule ip nat post oifname "depot22" masquerade');
}

function startTerminals(depot: Host): void {
  const listen = "172.17.22.10:8888,172.17.22.11:8888";
  depot.start(process.execPath, ...program("simulate", "--listen", listen, "--delay", "100ms")).stdout?.resume();
}

/** What a program of this repository prints on a host, whatever its exit code. */
async function printed(host: Host, words: readonly string[]): Promise<string> {
  const child = host.start(process.execPath, ...words);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(child, "close");
  return text;
}

function program(...words: readonly string[]): readonly string[] {
  return ["--conditions=source", fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url)), ...words];
}
