/**
 * The rendered units under a systemd of their own, process 1 of a machine in namespaces: what they promise is done by the
 * service manager itself, with every restriction in force. Only packet filters (IPAddressDeny=) may be missing here: many
 * containers have none.
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { suite, test } from "node:test";
import { render, renderMachine } from "../../src/render/systemd/systemd.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import { textSubject } from "../render/subjects.ts";
import { until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import { type Ran, SystemdMachine } from "../support/systemd-machine.ts";

const TILL = "203.0.113.7";
const STRANGER = "203.0.113.8";
const DOOR = "198.51.100.10";
const TERMINAL = "172.17.1.10";

function inventory({ gateway = "", terminals = "1" } = {}): string {
  return `
    gateway: { address: ${DOOR}, limits: { drain: 60s }${gateway} }
    sources: { till: { addresses: [${TILL}], owner: Sales, reason: a test } }
    depots: { 1: { allow: [till], terminals: ${terminals} } }
    flows: { low: { listen: "${DOOR}:4102", target: "${TERMINAL}:8888", allow: [till] } }
  `;
}

const skip = needs(["systemd", "iproute2", "socat", "nftables"], { root: true }) || SystemdMachine.unavailable();

suite("ecluse.service under systemd", { skip, timeout: 300_000 }, () => {
  test("serves who is listed, refuses who is not, and answers the administrators", async () => {
    await using host = await GatewayHost.start(inventory());
    using paying = host.till(TILL);
    assert.equal(await paying.ask("a payment"), "a payment");
    using refused = host.till(STRANGER);
    assert.equal(await refused.ask("let me in"), undefined);
    assert.equal(host.ecluse("status").code, 0);
    assert.match(host.machine.property("ecluse", "ExecMainStatus"), /^0$/);
  });

  test("gateway.shield: with the one right more the kernel refuses strangers; the table goes with the unit", async () => {
    await using host = await GatewayHost.start(inventory({ gateway: ", shield: true" }));
    using paying = host.till(TILL);
    assert.equal(await paying.ask("a payment"), "a payment");
    using refused = host.till(STRANGER);
    assert.equal(await refused.ask("let me in"), undefined);
    const tables = (): string => host.machine.run("nft", "list", "tables");
    assert.match(tables(), /^table ip ecluse_shield$/m);
    assert.match(host.log(), /"event":"shield","state":"up"/);
    paying.leave();
    host.systemctl("stop", "--no-block");
    await until(() => host.state() === "inactive", "the unit has stopped");
    assert.equal(tables(), "");
    assert.match(host.log(), /"reason":"shielded","count":1/);
  });

  test("gateway.dashboard: its process is let to listen, keeps the token for its owner, and ends with the unit", async () => {
    await using host = await GatewayHost.start(inventory({ gateway: ", dashboard: { listen: 127.0.0.1:8080 }" }));
    await until(() => host.isListening(8_080, "127.0.0.1"), "the dashboard listens");
    const url = host.ecluse("dashboard", { words: ["--url"] }).out;
    const [, place = "", token = ""] =
      /^(http:\/\/127\.0\.0\.1:8080\/)#token=(\S+)$/.exec(url.trim()) ?? assert.fail(url);
    const answers = host.machine.try("node", "--input-type=module", "--eval", LOG_IN, place, token);
    // It may not see the firewall, so it must not judge it.
    assert.match(answers.out, /^200 403 204 200( cannot-read:iptables-nft)? cannot-read:nftables\n$/, answers.err);
    const [folder, file] = ["/var/lib/ecluse/.", "/var/lib/ecluse/dashboard.token"];
    const owned = host.machine.run("stat", "--format=%a %U", folder, file);
    assert.equal(owned, "700 ecluse\n600 ecluse");
    assert.doesNotMatch(host.log(), /dashboard-down/);
    host.systemctl("stop");
    assert.equal(host.state(), "inactive");
    assert.ok(!host.isListening(8_080, "127.0.0.1"));
  });

  test("reload applies the file, or fails and says why; it goes on either way", async () => {
    await using host = await GatewayHost.start(inventory());
    host.edit(inventory({ terminals: "1-3" }));
    assert.equal(host.systemctl("reload").code, 0);
    assert.ok(host.isListening(10_103));
    host.edit(inventory({ terminals: "1-200" }));
    assert.notEqual(host.systemctl("reload").code, 0);
    assert.match(host.log(), /1-200/);
    assert.equal(host.state(), "active");
    assert.ok(host.isListening(10_103));
  });

  test("a take-over moves the unit to the new process; a stop waits for the sessions of both", async () => {
    await using host = await GatewayHost.start(inventory());
    using paying = host.till(TILL);
    assert.equal(await paying.ask("before"), "before");
    const before = host.mainProcess();
    assert.equal(host.ecluse("take-over").code, 0);
    assert.notEqual(host.mainProcess(), before);
    assert.equal(host.state(), "active");
    host.systemctl("stop", "--no-block");
    await until(() => !host.isListening(10_101), "the doors are closed");
    assert.equal(await paying.ask("after"), "after");
    assert.equal(host.state(), "deactivating");
    paying.leave();
    await until(() => host.state() === "inactive", "the unit has stopped");
    assert.equal(host.machine.property("ecluse", "Result"), "success");
  });

  test("a second request to stop ends the sessions of both at once", async () => {
    await using host = await GatewayHost.start(inventory());
    using paying = host.till(TILL);
    assert.equal(await paying.ask("before"), "before");
    assert.equal(host.ecluse("take-over").code, 0);
    host.systemctl("stop", "--no-block");
    // A second signal that comes before the first was heard would be one with it.
    await until(() => host.log().match(/"event":"stopping"/g)?.length === 2, "both were told");
    host.systemctl("kill");
    await paying.ended;
    // "failed" where systemd sees the exit code, which says that a session was cut: not of every process that took over.
    await until(() => /^(?:inactive|failed)$/.test(host.state()), "the unit has stopped");
  });

  test("whose new process dies is started again, as soon as the old one has carried its sessions to their end", async () => {
    await using host = await GatewayHost.start(inventory());
    using paying = host.till(TILL);
    assert.equal(await paying.ask("before"), "before");
    assert.equal(host.ecluse("take-over").code, 0);
    host.machine.run("kill", "-KILL", host.mainProcess());
    assert.equal(await paying.ask("after"), "after");
    paying.leave();
    await host.isBack(1);
    // Nobody is between this one and systemd, so it is missed at once.
    assert.equal(host.ecluse("take-over").code, 0);
    await until(() => host.processes() === 1, "the old process has ended");
    host.machine.run("kill", "-KILL", host.mainProcess());
    await host.isBack(2);
  });

  test("killed, it is started again with what was applied last, whatever the file says meanwhile", async () => {
    await using host = await GatewayHost.start(inventory());
    host.edit(inventory({ terminals: "1-2" }));
    host.systemctl("kill", "--signal=SIGKILL");
    await host.isBack(1);
    assert.ok(host.isListening(10_101));
    assert.ok(!host.isListening(10_102));
  });

  test("an inventory with an error is not tried again and again", async () => {
    await using host = await GatewayHost.prepare(inventory());
    host.edit(inventory({ terminals: "1-200" }));
    assert.notEqual(host.systemctl("start").code, 0);
    assert.equal(host.state(), "failed");
    assert.equal(host.machine.property("ecluse", "NRestarts"), "0");
  });

  test("a table that the kernel engine left is known by the state directory, until the machine is started anew", async () => {
    await using host = await GatewayHost.start(inventory());
    assert.equal(host.systemctl("stop").code, 0);
    const boot = host.machine.run("cat", "/proc/sys/kernel/random/boot_id").trim().replaceAll("-", "");
    const network = host.machine.run("readlink", "/proc/1/ns/net").trim();
    host.machine.write("/var/lib/ecluse/kernel-table", `${boot} ${network}\n`);
    assert.notEqual(host.systemctl("start").code, 0);
    assert.equal(host.state(), "failed");
    assert.equal(host.machine.property("ecluse", "ExecMainStatus"), "2");
    // Of the kernel's own words the unit hides this one from its process; systemd tells it.
    host.machine.write(
      "/var/lib/ecluse/kernel-table",
      `${boot.replace(/^./, (c) => (c === "0" ? "1" : "0"))} ${network}\n`,
    );
    assert.equal(host.systemctl("start").code, 0, host.log());
    using paying = host.till(TILL);
    assert.equal(await paying.ask("a payment"), "a payment");
  });

  test("a group may use the socket, and a port below 1024 is opened", async () => {
    const text = inventory({ gateway: ", control: { group: operators }" }).replace(":4102", ":102");
    await using host = await GatewayHost.prepare(text);
    host.machine.run("groupadd", "--gid", "4711", "operators");
    assert.equal(host.systemctl("start").code, 0);
    assert.ok(host.isListening(102));
    assert.equal(
      host.machine.run("stat", "--format=%a %G", "/run/ecluse", "/run/ecluse/ecluse.sock"),
      "750 operators\n660 operators",
    );
    const asMember = ["setpriv", "--reuid=65534", "--regid=4711", "--clear-groups"] as const;
    assert.equal(host.ecluse("status", { as: asMember }).code, 0);
  });
});

suite("ecluse-guard-route.service under systemd", { skip, timeout: 180_000 }, () => {
  test("while the tunnel is down no depot is reached by the default route, and nothing else changes", async () => {
    await using machine = await SystemdMachine.start();
    machine.run("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "tailscale0");
    for (const name of ["uplink", "tailscale0"]) machine.run("ip", "link", "set", name, "up");
    machine.run("ip", "address", "add", `${DOOR}/24`, "dev", "uplink");
    machine.run("ip", "route", "add", "default", "via", "198.51.100.1");
    const way = (): string => machine.try("ip", "route", "get", TERMINAL).out.split("\n")[0] ?? "";
    assert.match(way(), /via 198\.51\.100\.1 dev uplink/);
    install(machine, inventory());
    machine.run("systemctl", "start", "ecluse-guard-route.service");
    assert.equal(way(), "");
    assert.match(machine.run("ip", "route", "get", "192.0.2.1"), /dev uplink/);
    // As Tailscale does: a rule before the main table's, and a table of its own.
    machine.run("ip", "rule", "add", "priority", "5270", "lookup", "52");
    machine.run("ip", "route", "add", "172.17.1.0/24", "dev", "tailscale0", "table", "52");
    assert.match(way(), /dev tailscale0/);
    machine.run("ip", "route", "flush", "table", "52");
    assert.equal(way(), "");
  });
});

suite("a service's drop-in under systemd", { skip, timeout: 180_000 }, () => {
  test("it gives the variables, and IPv4 only, whatever the unit says itself", async () => {
    await using machine = await SystemdMachine.start();
    const subject = textSubject(`
      gateway: { address: ${DOOR} }
      machines: { proxy: { address: 192.168.1.100 }, prod: { address: 192.168.1.103 } }
      services: { api: { machine: prod, port: 3022, hostVariable: API_HOST, unit: api, allow: [proxy], outbound: [] } }
    `);
    const [prod = assert.fail()] = subject.inventory.machines.filter(({ name }) => name === "prod");
    machine.unit("api.service", SERVICE);
    for (const file of renderMachine(subject, prod)) {
      machine.unit(file.path.replace("systemd/", ""), textOf(file, subject));
    }
    machine.run("systemctl", "start", "api");
    assert.deepEqual(JSON.parse(machine.run("cat", "/run/seen")), {
      host: "192.168.1.103",
      allowed: "192.168.1.100",
      // Asking for a name needs no netlink socket: glibc does without.
      resolved: "127.0.0.1",
      ipv6: "EAFNOSUPPORT",
    });
    const allowed = machine.property("api", "IPAddressAllow").split(" ");
    assert.deepEqual(allowed.sort(), ["127.0.0.0/8", "192.168.1.100/32", "::1/128"]);
    assert.deepEqual(machine.property("api", "IPAddressDeny").split(" ").sort(), ["0.0.0.0/0", "::/0"]);
  });
});

/** Its own lines contradict the inventory. */
const SERVICE = `[Service]
Type=oneshot
RemainAfterExit=yes
Environment=ALLOWED_SOURCE_IP=0.0.0.0/0
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
IPAddressAllow=203.0.113.0/24
ExecStart=/usr/bin/node --input-type=module --eval "\\
  import { lookup } from 'node:dns/promises'; import { createSocket } from 'node:dgram'; \\
  import { writeFileSync } from 'node:fs'; \\
  const { address } = await lookup('localhost', { family: 4 }); \\
  const socket = createSocket('udp6'); \\
  const ipv6 = await new Promise((tell) => socket.once('error', tell).bind(0, () => tell({ code: 'opened' }))); \\
  const { API_HOST: host, ALLOWED_SOURCE_IP: allowed } = process.env; \\
  writeFileSync('/run/seen', JSON.stringify({ host, allowed, resolved: address, ipv6: ipv6.code })); \\
  process.exit()"
`;

function install(machine: SystemdMachine, text: string): void {
  const subject = textSubject(text);
  for (const file of render(subject)) machine.unit(file.path.replace("systemd/", ""), textOf(file, subject));
}

/** Prints the status of the page, of a wrong token, of the right one, of a question under that login; then the audit's. */
const LOG_IN = `
  const [place, token] = process.argv.slice(1);
  const origin = new URL(place).origin;
  const post = (body) => fetch(place + "login", { method: "POST", body: JSON.stringify(body), headers: { origin, "content-type": "application/json" } });
  const page = await fetch(place);
  const wrong = await post({ token: token.replace(/./g, "x"), name: "operator" });
  const right = await post({ token, name: "operator" });
  const cookie = (right.headers.get("set-cookie") ?? "").split(";")[0];
  const asked = await fetch(place + "v1/sessions", { headers: { cookie, origin } });
  const audit = await fetch(place + "audit", { method: "POST", body: "{}", headers: { cookie, origin, "content-type": "application/json" } });
  const { findings } = await audit.json();
  const found = findings.map(({ code, message }) => code + ":" + message.split(" ")[0]);
  console.log(page.status, wrong.status, right.status, asked.status, ...found);
`;

interface EcluseOptions {
  /** The words that run a program as somebody else. */
  readonly as?: readonly string[];
  readonly words?: readonly string[];
}

/** A gateway's host: the rendered units, the inventory, one terminal that repeats what it hears. */
class GatewayHost implements AsyncDisposable {
  readonly machine: SystemdMachine;

  private constructor(machine: SystemdMachine) {
    this.machine = machine;
  }

  static async prepare(text: string): Promise<GatewayHost> {
    const host = new GatewayHost(await SystemdMachine.start());
    const { machine } = host;
    for (const address of [TILL, STRANGER, DOOR, TERMINAL]) machine.run("ip", "address", "add", address, "dev", "lo");
    install(machine, text);
    // As docs/render.md says, for a log in a file.
    machine.run("mkdir", "/var/log/ecluse");
    machine.unit("ecluse.service.d/log.conf", LOG_FILE);
    machine.unit("terminal.service", `[Service]\nExecStart=socat TCP-LISTEN:8888,bind=${TERMINAL},fork EXEC:cat\n`);
    machine.run("systemctl", "start", "terminal");
    host.edit(text);
    return host;
  }

  static async start(text: string): Promise<GatewayHost> {
    const host = await GatewayHost.prepare(text);
    const { code, err } = host.systemctl("start");
    assert.equal(code, 0, `${err}${host.log()}`);
    return host;
  }

  edit(text: string): void {
    this.machine.write("/etc/ecluse/ecluse.yaml", text);
  }

  systemctl(verb: string, ...words: readonly string[]): Ran {
    return this.machine.try("systemctl", verb, ...words, "ecluse");
  }

  /** The command, as root or as somebody else, with nothing said of where the gateway is but the inventory. */
  ecluse(command: string, { as = ["env"], words = [] }: EcluseOptions = {}): Ran {
    const [program = "", ...before] = as;
    const inventory = ["--inventory", "/etc/ecluse/ecluse.yaml", "--control", "/run/ecluse/ecluse.sock"];
    return this.machine.try(
      program,
      ...before,
      "node",
      "--conditions=source",
      "/opt/ecluse/src/cli/ecluse.js",
      command,
      ...words,
      ...inventory,
    );
  }

  state(): string {
    return this.machine.property("ecluse", "ActiveState");
  }

  mainProcess(): string {
    return this.machine.property("ecluse", "MainPID");
  }

  /** Started again so many times, and ready. */
  isBack(restarts: number): Promise<void> {
    const again = (): boolean => this.machine.property("ecluse", "NRestarts") === String(restarts);
    return until(() => again() && this.state() === "active", `started again ${restarts} times`, 30_000);
  }

  log(): string {
    return this.machine.try("cat", "/var/log/ecluse/ecluse.log").out;
  }

  processes(): number {
    return this.machine.run("cat", "/sys/fs/cgroup/system.slice/ecluse.service/cgroup.procs").split("\n").length;
  }

  isListening(port: number, address = DOOR): boolean {
    return this.machine.run("ss", "-Htln", `src ${address}:${port}`) !== "";
  }

  till(from: string): Till {
    return new Till(this.machine.start("socat", "-", `TCP:${DOOR}:10101,bind=${from}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]();
  }
}

const LOG_FILE = "[Service]\nStandardOutput=append:/var/log/ecluse/ecluse.log\n";

class Till implements Disposable {
  readonly #socat: ChildProcess;
  /** The connection has ended, whoever ended it. */
  readonly ended: Promise<unknown>;

  constructor(socat: ChildProcess) {
    this.#socat = socat;
    this.ended = once(socat, "exit");
  }

  /** The answer; `undefined`: the connection ended instead. */
  async ask(text: string): Promise<string | undefined> {
    const { stdin, stdout } = this.#socat;
    if (stdin === null || stdout === null) throw new TypeError("no pipes");
    stdin.on("error", () => undefined).write(text);
    const ended = once(stdout, "end").then(() => undefined);
    const answered = once(stdout, "data").then(([chunk]) => (chunk as Buffer).toString());
    return Promise.race([answered, ended]);
  }

  leave(): void {
    this.#socat.stdin?.end();
  }

  [Symbol.dispose](): void {
    this.#socat.kill("SIGKILL");
  }
}
