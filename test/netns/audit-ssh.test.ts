/**
 * Other machines over the system's own ssh, each in a namespace with a real sshd, on one switch:
 *
 *   gateway .10: ecluse audit --all ──┐            ┌── proxy .100
 *                               lan 192.168.1.0/24 ┼── prod .103: a service
 *                                                  ├── bitcoin .105: no sshd
 *                                                  └── stranger .66: not of the inventory
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { suite, test } from "node:test";
import type { Report } from "../../src/accept/report.ts";
import type { AuditFinding } from "../../src/audit/finding.ts";
import { until } from "../support/loopback.ts";
import { Host, cable } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { Ssh } from "../support/sshd.ts";
import { commandLine } from "../serve/serving.ts";
import { apart } from "./walled-host.ts";

const MACHINES = { gateway: 10, stranger: 66, proxy: 100, prod: 103, bitcoin: 105 } as const;
type Machine = keyof typeof MACHINES;

const INVENTORY = `
gateway: { address: 192.168.1.10 }
machines:
  proxy: { address: 192.168.1.100 }
  prod: { address: 192.168.1.103 }
  bitcoin: { address: 192.168.1.105 }
services:
  api: { machine: prod, port: 3021, hostVariable: API_HOST, allow: [proxy] }
`;

/** A service that asks who comes. */
const API = `require("node:http").createServer((request, response) => {
  response.writeHead(request.socket.remoteAddress.endsWith("192.168.1.100") ? 200 : 403).end();
}).listen(3021, process.argv[1], () => console.log("listens"))`;

/** Only the proxy comes through. */
const WALL =
  "table inet own { chain in { type filter hook input priority filter; policy accept; iif lo accept; ip saddr != 192.168.1.100 tcp dport 3021 reject with tcp reset; }; }";

/** As many as the command asks at once. */
const AT_ONCE = 8;

const skip = needs(["iproute2", "nftables", "openssh-server", "openssh-client", "procps"], { root: true });

suite("other machines over ssh", { skip, timeout: 280_000 }, () => {
  test("one report of all: who drifted, who is right, and who cannot be asked", async () => {
    await using lan = await Lan.create(["gateway", "proxy", "prod", "bitcoin"], { silent: "bitcoin" });
    await lan.serve("0.0.0.0");
    const { code, findings, said } = await lan.audit(["--all"]);
    assert.deepEqual(
      findings.map((finding) => `${finding.host}: ${finding.code}`),
      ["prod: listens-everywhere", "bitcoin: cannot-read"],
    );
    assert.match(
      findings[1]?.message ?? "",
      /^bitcoin cannot be asked: ssh: connect to host 192\.168\.1\.105 .*refused/,
    );
    assert.deepEqual(said.sort(), ["bitcoin: read", "gateway: read", "prod: read", "proxy: read"]);
    assert.equal(code, 1);
  });

  test("a host with another key than it had is not asked", async () => {
    await using lan = await Lan.create(["gateway", "prod"]);
    await lan.serve("192.168.1.103");
    assert.deepEqual((await lan.audit(["prod"])).findings, []);
    lan.forge("prod");
    const [finding, ...more] = (await lan.audit(["prod"])).findings;
    assert.match(finding?.message ?? "", /^prod cannot be asked: .*Host key verification failed/);
    assert.deepEqual(more, []);
  });

  test(`of twelve, ${AT_ONCE} are asked at once, and no more`, async () => {
    await using lan = await Lan.create(["gateway", "prod"], { silent: "prod" });
    assert.deepEqual(await lan.count(12), { atOnce: AT_ONCE, all: 12 });
  });

  test("an acceptance run from where only ssh leads", async () => {
    await using lan = await Lan.create(["gateway", "proxy", "prod", "stranger"]);
    await lan.serve("192.168.1.103");
    const { cells } = await lan.accept(["--from", "proxy", "--from", "stranger=192.168.1.66"]);
    const told = cells.map(({ case: kind, vantage, verdict, found }) =>
      [kind, vantage, verdict, found].map((word) => word ?? "-").join(" "),
    );
    assert.deepEqual(told, [
      "authorised proxy passed status",
      "stranger stranger passed refused",
      "forged-header stranger passed refused",
      "ipv6 - not-tried -",
    ]);
  });
});

class Lan implements AsyncDisposable {
  readonly #hosts: ReadonlyMap<Machine, Host>;
  readonly #switch: Host;
  readonly #ssh = new Ssh();

  private constructor(plug: Host, hosts: ReadonlyMap<Machine, Host>) {
    this.#switch = plug;
    this.#hosts = hosts;
  }

  /** All answer ssh but the gateway, and the one that is silent. */
  static async create(names: readonly Machine[], { silent }: { readonly silent?: Machine } = {}): Promise<Lan> {
    const plug = await Host.create("lan");
    plug.run("ip", "link", "add", "switch", "type", "bridge");
    plug.run("ip", "link", "set", "switch", "up");
    const hosts = new Map<Machine, Host>();
    const lan = new Lan(plug, hosts);
    for (const name of names) {
      const host = await apart(name);
      hosts.set(name, host);
      cable(plug, host);
      plug.run("ip", "link", "set", name, "master", "switch");
      host.address("lan", `192.168.1.${MACHINES[name]}/24`);
      if (name !== "gateway" && name !== silent) {
        await lan.#ssh.serve(host, { known: `${name},192.168.1.${MACHINES[name]}` });
      }
    }
    lan.#ssh.client(lan.#host("gateway"), "Host stranger\n  HostName 192.168.1.66\n");
    return lan;
  }

  /** prod's service, behind its wall. */
  async serve(address: string): Promise<void> {
    const prod = this.#host("prod");
    prod.run("nft", WALL);
    const { stdout } = prod.start(process.execPath, "--eval", API, address);
    if (stdout !== null) await once(stdout, "data");
    stdout?.resume();
  }

  /** From now on another key is expected of it. */
  forge(name: Machine): void {
    writeFileSync(join(this.#ssh.folder, "known_hosts"), "");
    this.#ssh.know(`192.168.1.${MACHINES[name]}`, "client");
  }

  async audit(
    words: readonly string[],
    inventory = INVENTORY,
  ): Promise<{ readonly code: number | null; readonly findings: readonly AuditFinding[]; readonly said: string[] }> {
    const { code, out, err } = await this.#ecluse(["audit", "--json", ...words], inventory);
    const { findings } = JSON.parse(out) as { readonly findings: readonly AuditFinding[] };
    return { code, findings, said: err.split("\n").filter((line) => line.endsWith(": read")) };
  }

  async accept(words: readonly string[]): Promise<Report> {
    return JSON.parse((await this.#ecluse(["accept", "--json", ...words], INVENTORY)).out) as Report;
  }

  /** So many machines, which are all prod, are asked, and none answers before as many are asked as may be: how many that is. */
  async count(machines: number): Promise<{ readonly atOnce: number; readonly all: number }> {
    const prod = this.#host("prod");
    const [log, go] = [join(this.#ssh.folder, "log"), join(this.#ssh.folder, "go")];
    const script = join(this.#ssh.folder, "asked.sh");
    writeFileSync(script, `echo asked >> ${log}; until [ -e ${go} ]; do sleep 0.05; done; cat > /dev/null\n`);
    writeFileSync(log, "");
    const numbers = Array.from({ length: machines }, (_, index) => 201 + index);
    for (const number of numbers) prod.address("lan", `192.168.1.${number}/24`);
    await this.#ssh.serve(prod, { known: "192.168.1.2??", force: `sh ${script}` });
    const lines = numbers.map((number) => `  m${number}: { address: 192.168.1.${number} }`);
    const audited = this.audit(["--all"], `gateway: { address: 192.168.1.10 }\nmachines:\n${lines.join("\n")}\n`);
    const asked = (): number => readFileSync(log, "utf8").split("\n").length - 1;
    await until(() => asked() >= AT_ONCE, "as many are asked as may be", 30_000);
    const atOnce = Number(this.#host("gateway").run("pgrep", "--count", "--exact", "ssh"));
    writeFileSync(go, "");
    await audited;
    return { atOnce, all: asked() };
  }

  async #ecluse(
    words: readonly string[],
    inventory: string,
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    const file = join(this.#ssh.folder, "ecluse.yaml");
    writeFileSync(file, inventory);
    const line = [process.execPath, ...commandLine([...words, "--inventory", file])];
    const errors = join(this.#ssh.folder, "errors");
    const child = this.#host("gateway").start("sh", "-c", `exec "$@" 2> ${errors}`, "sh", ...line);
    const ended = once(child, "exit") as Promise<[number | null]>;
    const out = child.stdout === null ? "" : await textOf(child.stdout);
    const [code] = await ended;
    return { code, out, err: this.#host("gateway").run("cat", errors) };
  }

  #host(name: Machine): Host {
    return this.#hosts.get(name) ?? assert.fail(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [...this.#hosts.values(), this.#switch]) await host[Symbol.asyncDispose]();
    this.#ssh[Symbol.dispose]();
  }
}
