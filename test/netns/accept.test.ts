/**
 * An acceptance run across a network, each machine in a namespace on one switch:
 *
 *   vm .10: ecluse serve, ecluse accept ──┐            ┌── proxy .100: may reach both, over ssh
 *                                         lan 192.168.1.0/24
 *   prod .103: api-faucet, a terminal  ───┘            └── stranger .66, over ssh
 *
 * ssh is a program of the test's (`ssh-into.ts`).
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { suite, test } from "node:test";
import { FOLDER, readServices } from "../../examples/listening-rule/landscape.ts";
import type { Report } from "../../src/accept/report.ts";
import { commandLine } from "../serve/serving.ts";
import { Host, cable } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { sshInto } from "./ssh-into.ts";

const MACHINES = { vm: 10, proxy: 100, prod: 103, stranger: 66 } as const;
type Machine = keyof typeof MACHINES;

const FAUCET = readServices().find(({ name }) => name === "api-faucet") ?? assert.fail();

const INVENTORY = `
gateway: { address: 192.168.1.10 }
machines:
  proxy: { address: 192.168.1.100 }
  prod: { address: 192.168.1.103 }
services:
  api-faucet: { machine: prod, port: ${FAUCET.port}, allow: [proxy] }
flows:
  terminal: { listen: "192.168.1.10:9100", target: "192.168.1.103:8888", allow: [proxy] }
`;

/** The founding document's service before the rule: on every address, for everybody. */
const NAKED = `require("node:http").createServer((_, response) => response.end("{}")).listen(${FAUCET.port}, () => console.log("listens"))`;

/** A service that asks the header who comes. */
const CREDULOUS = `require("node:http").createServer((request, response) => {
  const source = request.headers["x-forwarded-for"] ?? request.socket.remoteAddress;
  response.writeHead(source === "192.168.1.100" ? 200 : 403).end();
}).listen(${FAUCET.port}, "192.168.1.103", () => console.log("listens"))`;

/** Takes connections, says nothing, closes behind its visitor. */
const TERMINAL = `require("node:net").createServer((socket) => socket.resume()).listen(8888, "192.168.1.103", () => console.log("listens"))`;

const FROM = ["proxy", "prod", "stranger=192.168.1.66"].flatMap((place) => ["--from", place]);

const skip = needs(["iproute2"], { root: true });

suite("ecluse accept across a network", { skip, timeout: 280_000 }, () => {
  test("the guarded service and the gateway's door let in the proxy alone", async () => {
    await using lan = await Lan.create();
    const environment = Object.entries(FAUCET.environment).map(([name, value]) => `${name}=${value}`);
    await lan.start("prod", [
      "env",
      "-C",
      FOLDER,
      ...environment,
      process.execPath,
      "--conditions=source",
      ...FAUCET.words,
    ]);
    const report = await lan.accept();
    assert.deepEqual(told(report), [
      "service/api-faucet authorised proxy: passed status 404",
      "service/api-faucet direct prod: passed status 403",
      "service/api-faucet stranger stranger: passed status 403",
      "service/api-faucet forged-header prod: passed status 403",
      "service/api-faucet forged-header stranger: passed status 403",
      "service/api-faucet ipv6 prod [::1]: passed refused",
      "service/api-faucet ipv6 proxy [fd00::103]: passed refused",
      "flow/terminal authorised proxy: passed open",
      "flow/terminal direct prod: passed reset",
      "flow/terminal stranger stranger: passed reset",
      "flow/terminal ipv6 proxy [fd00::10]: passed refused",
    ]);
    assert.deepEqual(report.vantages[2], {
      name: "stranger",
      address: "192.168.1.66",
      sources: [],
      via: "ssh stranger",
    });
  });

  test("a service without its guard is named, in every way that it is open", async () => {
    await using lan = await Lan.create();
    await lan.start("prod", [process.execPath, "--eval", NAKED]);
    const report = await lan.accept();
    assert.deepEqual(
      told(report).filter((line) => line.includes("failed")),
      [
        "service/api-faucet direct prod: failed status 200",
        "service/api-faucet stranger stranger: failed status 200",
        "service/api-faucet forged-header prod: failed status 200",
        "service/api-faucet forged-header stranger: failed status 200",
        "service/api-faucet ipv6 prod [::1]: failed open",
        "service/api-faucet ipv6 proxy [fd00::103]: failed open",
      ],
    );
  });

  test("a service that believes a header is named for that alone", async () => {
    await using lan = await Lan.create();
    await lan.start("prod", [process.execPath, "--eval", CREDULOUS]);
    const report = await lan.accept();
    assert.deepEqual(
      told(report).filter((line) => line.includes("failed")),
      [
        "service/api-faucet forged-header prod: failed status 200",
        "service/api-faucet forged-header stranger: failed status 200",
      ],
    );
  });

  test("a service that is down proves nothing, and a machine that is off is said to be", async () => {
    await using lan = await Lan.create();
    lan.off("proxy");
    const report = await lan.accept();
    assert.deepEqual(told(report), [
      "service/api-faucet authorised proxy: not-tried no-way",
      "service/api-faucet direct prod: not-tried unproven",
      "service/api-faucet stranger stranger: not-tried unproven",
      "service/api-faucet forged-header prod: not-tried unproven",
      "service/api-faucet forged-header stranger: not-tried unproven",
      "service/api-faucet ipv6 prod [::1]: not-tried unproven",
      "service/api-faucet ipv6 proxy [fd00::103]: not-tried no-way",
      "flow/terminal authorised proxy: not-tried no-way",
      "flow/terminal direct prod: passed reset",
      "flow/terminal stranger stranger: passed reset",
      "flow/terminal ipv6 proxy [fd00::10]: not-tried no-way",
    ]);
    assert.match(report.cells[0]?.detail ?? "", /^ssh: connect to host 192.168.1.100/);
  });
});

function told({ cells }: Report): readonly string[] {
  return cells.map(({ flow, case: kind, vantage, host, verdict, found, detail, skip: why }) => {
    const where = [flow, kind, vantage, host.includes(":") ? `[${host}]` : undefined];
    const status = found === "status" ? `status ${detail ?? ""}` : found;
    return `${where.filter((part) => part !== undefined).join(" ")}: ${verdict} ${why ?? status ?? ""}`;
  });
}

class Lan implements AsyncDisposable {
  readonly #hosts: Readonly<Record<Machine, Host>>;
  readonly #switch: Host;
  readonly #folder = mkdtempSync(join(tmpdir(), "ecluse-accept-"));
  readonly #inventory = join(this.#folder, "ecluse.yaml");

  static async create(): Promise<Lan> {
    const plug = await Host.create("lan");
    plug.run("ip", "link", "add", "switch", "type", "bridge");
    plug.run("ip", "link", "set", "switch", "up");
    const hosts: [string, Host][] = [];
    for (const [name, number] of Object.entries(MACHINES)) {
      const host = await Host.create(name);
      cable(plug, host);
      plug.run("ip", "link", "set", name, "master", "switch");
      host.address("lan", `192.168.1.${number}/24`);
      host.run("ip", "address", "add", `fd00::${number}/64`, "dev", "lan", "nodad");
      hosts.push([name, host]);
    }
    const lan = new Lan(plug, Object.fromEntries(hosts) as Record<Machine, Host>);
    await lan.start("prod", [process.execPath, "--eval", TERMINAL]);
    await lan.start("vm", [process.execPath, ...commandLine(["serve", ...lan.#places, "--json"])]);
    return lan;
  }

  private constructor(plug: Host, hosts: Readonly<Record<Machine, Host>>) {
    this.#switch = plug;
    this.#hosts = hosts;
    const places = [
      INVENTORY.replace("10 }", `10, control: ${this.#folder}/control.sock, state: ${this.#folder}/state }`),
    ];
    writeFileSync(this.#inventory, places.join(""));
    sshInto(this.#folder, { "192.168.1.100": hosts.proxy, "192.168.1.103": hosts.prod, stranger: hosts.stranger });
  }

  get #places(): readonly string[] {
    return ["--inventory", this.#inventory];
  }

  /** From now on ssh does not reach it. */
  off(machine: Machine): void {
    writeFileSync(join(this.#folder, `off-${this.#hosts[machine].pid}`), "");
  }

  /** Starts a program, and resolves once it has said something. */
  async start(machine: Machine, [program = "", ...words]: readonly string[]): Promise<void> {
    const { stdout } = this.#hosts[machine].start(program, ...words);
    if (stdout === null) throw new TypeError("no output");
    await once(stdout, "data");
    stdout.resume();
  }

  async accept(): Promise<Report> {
    const path = `PATH=${this.#folder}:${process.env["PATH"] ?? ""}`;
    const line = commandLine(["accept", ...this.#places, "--json", ...FROM]);
    const { stdout } = this.#hosts.vm.start("env", path, process.execPath, ...line);
    if (stdout === null) throw new TypeError("no output");
    return JSON.parse(await textOf(stdout)) as Report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [...Object.values(this.#hosts), this.#switch]) await host[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}
