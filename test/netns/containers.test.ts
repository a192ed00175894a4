/**
 * The rendered compose files, started: a real Docker engine in a network namespace, its image built from the rendered
 * Dockerfile.
 *
 *   till 203.0.113.7 ────┐                                              ┌── depot 1: terminals 172.17.1.10, .11
 *                        outside ── vm 198.51.100.10 ───────────────────┘
 *   stranger 192.0.2.66 ─┘          dockerd: ecluse, or a container per terminal
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, after, before, suite, test } from "node:test";
import { render as renderCompose } from "../../src/render/compose/compose.ts";
import { render as renderPerTerminal } from "../../src/render/compose/per-terminal.ts";
import { IMAGE } from "../../src/render/compose/dockerfile.ts";
import type { RenderedFile } from "../../src/render/rendered-file.ts";
import { textSubject } from "../render/subjects.ts";
import { Docker } from "../support/docker.ts";
import { buildImage } from "../support/image.ts";
import { until } from "../support/loopback.ts";
import { Host, cable } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";

const VM = "198.51.100.10";
const TILL = "203.0.113.7";
const STRANGER = "192.0.2.66";
const [QUICK, SLOW] = [`${VM}:10101`, `${VM}:10102`];

/** Milliseconds that the customer of terminal 2 takes: as long as a container takes to be told to stop, and longer. */
const SLOWNESS = 4_000;

const INVENTORY = `
gateway: { address: ${VM}, limits: { drain: 30s } }
sources: { tills: { addresses: [${TILL}] } }
depots: { 1: { allow: [tills], terminals: 2 } }
`;

/** The host's file, as the containers see it. */
const INSIDE = "/etc/ecluse/ecluse.yaml";

const skip = needs(["docker.io", "docker-compose", "debootstrap", "iproute2"], { root: true });

suite("the rendered compose files, started", { skip, timeout: 280_000 }, () => {
  let site: Site;
  let why: string | undefined;
  before(async () => {
    site = await Site.create();
    why = await site.docker.start(site.vm);
    if (why !== undefined) return;
    site.docker.write(INSIDE, INVENTORY);
    await buildImage(site.docker, IMAGE, site.file("Dockerfile"));
  });
  after(() => site[Symbol.asyncDispose]());

  const started = (name: string, act: () => Promise<void>): void => {
    test(name, async (context: TestContext) => {
      if (why === undefined) await act();
      else context.skip(why);
    });
  };

  started("compose: a payment goes through, a stranger is reset, and the container may do nothing else", async () => {
    await using up = await site.up("docker-compose.yaml");
    const container = await up.container("ecluse");
    await up.saying("ecluse", '"event":"ready"');
    assert.deepEqual(await site.pay(TILL, [QUICK]), ["accepted"]);
    assert.deepEqual(await site.pay(STRANGER, [QUICK, SLOW]), ["refused ECONNRESET", "refused ECONNRESET"]);

    const status = await site.docker.run("exec", container, "cat", "/proc/1/status");
    assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    for (const place of ["/opt/ecluse/x", "/etc/ecluse/x", "/x"]) {
      await assert.rejects(site.docker.run("exec", "--user", "0", container, "touch", place), /Read-only file system/);
    }
  });

  started(
    "compose: healthy by its own check; what its notice tells to type works; a stop waits for the session",
    async () => {
      await using up = await site.up("docker-compose.yaml", HASTE);
      const container = await up.container("ecluse");
      await site.poll(async () => (await site.inspect(container, "{{.State.Health.Status}}")) === "healthy", "healthy");
      assert.match(await up.compose("exec", "-T", "ecluse", "ecluse", "status"), /^doors +2 doors open for 2 flows$/m);
      site.docker.write(INSIDE, INVENTORY.replace("terminals: 2", "terminals: 3"));
      assert.match(await up.compose("exec", "-T", "ecluse", "ecluse", "apply"), /depot01-tpe03/);
      site.docker.write(INSIDE, INVENTORY);
      await up.compose("kill", "-s", "HUP");
      await up.saying("ecluse", '"event":"changed".*"by":"SIGHUP"');
      await stopsInOrder(container);
    },
  );

  started("compose-per-terminal: each container sees who really comes, and refuses whoever is not named", async () => {
    await using up = await site.up("per-terminal.yaml");
    for (const name of ["depot01-tpe01", "depot01-tpe02"]) await up.saying(name, '"event":"ready"');
    assert.deepEqual(await site.pay(TILL, [QUICK]), ["accepted"]);
    assert.deepEqual(await site.pay(STRANGER, [QUICK, SLOW]), ["refused ECONNRESET", "refused ECONNRESET"]);
    await up.saying("depot01-tpe01", `"source":"${TILL}".*"target":"172.17.1.10:8888".*"outcome":"closed"`);
    assert.deepEqual(await site.pay(VM, [QUICK], site.vm), ["refused ECONNRESET"], "not even the host itself");
    for (const source of [STRANGER, VM]) await up.saying("depot01-tpe01", `"refused".*"${source}".*not-listed`);
    await stopsInOrder(await up.container("depot01-tpe02"));
    assert.match(await up.compose("logs", "depot01-tpe02"), new RegExp(`"refused".*"${STRANGER}".*not-listed`));
    assert.deepEqual(await site.pay(TILL, [QUICK]), ["accepted"], "its neighbour goes on");
  });

  /** Stopped while a customer types: the payment is accepted all the same, and the container was not killed. */
  async function stopsInOrder(container: string): Promise<void> {
    const heard = site.connections;
    const paid = site.pay(TILL, [SLOW]);
    await until(() => site.connections > heard, "the terminal has heard of the payment");
    await site.docker.run("stop", "--time", "30", container);
    assert.deepEqual(await paid, ["accepted"]);
    assert.equal(await site.inspect(container, "{{.State.ExitCode}}"), "0");
  }
});

/** Without waiting a minute for the first check. */
const HASTE = `services: { ecluse: { healthcheck: { interval: "1s", start_period: "1s" } } }\n`;

/** One compose file that is up. */
interface Up extends AsyncDisposable {
  readonly compose: (...words: readonly string[]) => Promise<string>;
  readonly container: (service: string) => Promise<string>;
  /** Waits until a service's log has a line like that. */
  readonly saying: (service: string, pattern: string) => Promise<void>;
}

class Site implements AsyncDisposable {
  readonly vm: Host;
  readonly docker = new Docker();
  readonly #outside: Host;
  readonly #depot: Host;
  readonly #folder = mkdtempSync(join(tmpdir(), "ecluse-containers-"));
  /** Connections that the terminals have accepted. */
  connections = 0;

  private constructor([outside, vm, depot]: readonly [Host, Host, Host]) {
    this.#outside = outside;
    this.vm = vm;
    this.#depot = depot;
    this.#write();
  }

  static async create(): Promise<Site> {
    const site = new Site([await Host.create("outside"), await Host.create("vm"), await Host.create("depot")]);
    site.#wire();
    site.#startTerminals();
    return site;
  }

  #wire(): void {
    const [outside, vm, depot] = [this.#outside, this.vm, this.#depot];
    cable(outside, vm);
    cable(vm, depot);
    outside.address("vm", "198.51.100.1/24", `${TILL}/32`, `${STRANGER}/32`);
    vm.address("outside", `${VM}/24`);
    for (const source of [TILL, STRANGER]) vm.route(`${source}/32`, "via", "198.51.100.1");
    vm.address("depot", "172.17.1.1/24");
    depot.address("vm", "172.17.1.10/24", "172.17.1.11/24");
  }

  #startTerminals(): void {
    for (const [listen, delay] of [
      ["172.17.1.10:8888", "10ms"],
      ["172.17.1.11:8888", `${SLOWNESS}ms`],
    ] as const) {
      const words = ["simulate", "--json", "--listen", listen, "--delay", delay];
      const child = this.#depot.start(process.execPath, "--conditions=source", "src/cli/main.ts", ...words);
      void this.#count(child);
    }
  }

  async #count(child: ChildProcess): Promise<void> {
    for await (const line of linesOf(child)) if (line.includes('"event":"connection"')) this.connections += 1;
  }

  #write(): void {
    const subject = textSubject(INVENTORY);
    const bodies = (files: readonly RenderedFile[]): readonly string[] => files.map(({ body }) => body);
    const [compose = "", dockerfile = ""] = bodies(renderCompose(subject));
    const [perTerminal = ""] = bodies(renderPerTerminal(subject));
    this.#files = { "docker-compose.yaml": compose, Dockerfile: dockerfile, "per-terminal.yaml": perTerminal };
    for (const [name, text] of Object.entries(this.#files)) writeFileSync(join(this.#folder, name), text);
  }

  #files: Readonly<Record<string, string>> = {};

  file(name: string): string {
    return this.#files[name] ?? "";
  }

  async up(name: string, override?: string): Promise<Up> {
    const files = ["--project-name", "ecluse", "--file", join(this.#folder, name)];
    if (override !== undefined) {
      writeFileSync(join(this.#folder, "override.yaml"), override);
      files.push("--file", join(this.#folder, "override.yaml"));
    }
    const compose = (...words: readonly string[]): Promise<string> => this.docker.compose(...files, ...words);
    await compose("up", "--detach");
    return {
      compose,
      container: async (service) => (await compose("ps", "--quiet", service)).trim(),
      saying: (service, pattern) =>
        this.poll(async () => new RegExp(pattern).test(await compose("logs", "--no-color", service)), pattern),
      [Symbol.asyncDispose]: async () => {
        await compose("down", "--volumes", "--timeout", "0");
      },
    };
  }

  async inspect(container: string, format: string): Promise<string> {
    return (await this.docker.run("inspect", "--format", format, container)).trim();
  }

  /** Asks until it holds; each question takes its time. */
  async poll(state: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!(await state())) if (performance.now() > deadline) throw new Error(`not within 30 s: ${what}`);
  }

  /** How the payments at these doors ended, from that source. */
  async pay(source: string, doors: readonly string[], from = this.#outside): Promise<readonly string[]> {
    const child = from.start(process.execPath, "--conditions=source", "test/netns/till.ts", source, ...doors);
    const results: string[] = [];
    for await (const line of linesOf(child)) {
      const { kind, code } = JSON.parse(line) as { readonly kind: string; readonly code?: string };
      results.push([kind, ...(code === undefined ? [] : [code])].join(" "));
    }
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.docker[Symbol.asyncDispose]();
    for (const host of [this.#outside, this.vm, this.#depot]) await host[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) throw new TypeError("the program has no output");
  return createInterface({ input: child.stdout });
}
