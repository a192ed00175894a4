/**
 * The second founding document, with its own addresses, each machine in a network namespace on one switch:
 *
 *   proxy .100 ─────┐           ┌── bitcoin .105: signet-dashboard, api-anchorage, mempool's nginx
 *   nginx, TLS      lan 192.168.1.0/24
 *   stranger .66 ───┘           └── prod .103: api-faucet, api-filigrane, api-clamav
 *
 * What runs on the machines is `examples/listening-rule`, read from its systemd units and nginx files. From the proxy
 * each door answers 200; from the stranger each refuses, whatever is sent; and one test leaves a guard out, to see the
 * same knocks come through.
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import {
  FOLDER,
  makeCertificate,
  prepareNginx,
  readNames,
  readServices,
  type Service,
} from "../../examples/listening-rule/landscape.ts";
import { until } from "../support/loopback.ts";
import { Host, cable } from "../support/namespaces.ts";
import { needs, program } from "../support/packages.ts";
import type { Answer, Knock } from "./knock.ts";

const PROXY = "192.168.1.100";
const STRANGER = "192.168.1.66";
const MACHINES = { proxy: PROXY, bitcoin: "192.168.1.105", prod: "192.168.1.103", stranger: STRANGER } as const;
type Machine = keyof typeof MACHINES;

const SERVICES = readServices();
const MEMPOOL = { host: MACHINES.bitcoin, port: 3015 };
const GUARDED = SERVICES.map(({ host, port }) => ({ host, port }));
const DOORS = [...GUARDED, MEMPOOL];

/** The same question as `curl http://.../`, or with a first line and headers of one's own. */
function ask(line: string, ...headers: readonly string[]): string {
  return [line, "Host: service", ...headers, "\r\n"].join("\r\n");
}

const UPGRADE = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const HEALTH = ask("GET /health HTTP/1.1", "Connection: close");
const WEBSOCKET = ask("GET /live HTTP/1.1", ...UPGRADE);

/** What a stranger may think of. None of these may be answered by a service. */
const TRICKS: Readonly<Record<string, string>> = {
  "a plain request": HEALTH,
  "a forged X-Forwarded-For": ask("GET /health HTTP/1.1", `X-Forwarded-For: ${PROXY}`, "Connection: close"),
  "every forged header at once": ask(
    "GET /health HTTP/1.1",
    ...["X-Real-IP", "X-Client-IP", "X-Originating-IP", "True-Client-IP"].map((name) => `${name}: ${PROXY}`),
    `Forwarded: for=${PROXY}`,
    "Connection: close",
  ),
  "a PROXY header": `PROXY TCP4 ${PROXY} ${MACHINES.bitcoin} 40000 3020\r\n${HEALTH}`,
  "a WebSocket": WEBSOCKET,
  "a malformed request": "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
  "no HTTP at all": "\u0016\u0003\u0001 hello\r\n\r\n",
  CONNECT: ask("CONNECT 192.168.1.103:3022 HTTP/1.1"),
  "Expect: 100-continue": ask("POST /api/anchor HTTP/1.1", "Expect: 100-continue", "Content-Length: 2"),
  "an unknown Expect": ask("GET /health HTTP/1.1", "Expect: a miracle"),
  "two requests at once": ask("GET /health HTTP/1.1") + HEALTH,
};

const skip = needs(["iproute2", "nginx", "openssl"], { root: true });

suite("the listening rule's landscape", { skip, timeout: 280_000 }, () => {
  test("from the proxy each service answers 200", async () => {
    await using lan = await Lan.create();
    await lan.startAll();
    const answers = await lan.knock("proxy", [
      ...GUARDED.map((door) => ({ ...door, send: door.port === 3020 ? PAGE : HEALTH })),
      { ...MEMPOOL, send: PAGE },
    ]);
    assert.deepEqual(
      answers.map(({ statuses, by }) => [...statuses, by]),
      DOORS.map(() => [200, "end"]),
    );
    const [live] = await lan.knock("proxy", [{ ...doorOf("signet-dashboard"), send: WEBSOCKET }]);
    assert.deepEqual(live?.statuses, [101]);
    assert.match(live.text, /"network":"signet"/);
  });

  test("from another machine each one refuses, whatever it is sent", async () => {
    await using lan = await Lan.create();
    await lan.startAll();
    for (const [trick, send] of Object.entries(TRICKS)) {
      const answers = await lan.knock(
        "stranger",
        GUARDED.map((door) => ({ ...door, send })),
      );
      assert.deepEqual(
        answers.map(({ statuses, by }) => [...statuses, by]),
        GUARDED.map(() => [403, "end"]),
        trick,
      );
    }
  });

  test("a refused socket stays refused: nothing answers a second request on it", async () => {
    await using lan = await Lan.create();
    await lan.startAll();
    const answers = await lan.knock(
      "stranger",
      GUARDED.map((door) => ({ ...door, send: ask("GET /health HTTP/1.1", "Connection: keep-alive"), then: HEALTH })),
    );
    for (const { statuses } of answers) assert.deepEqual(statuses, [403]);
  });

  test("mempool's nginx refuses what it can read, and shows its page to nobody else", async () => {
    await using lan = await Lan.create();
    await lan.startAll();
    for (const [trick, send] of Object.entries(TRICKS)) {
      const knock = { ...MEMPOOL, send: send.replaceAll("/health", "/"), patience: AFTER_AN_ANSWER };
      const [answer] = await lan.knock("stranger", [knock]);
      // nginx parses before it judges: what is not HTTP gets its 400 (or 405, 417), which is why the unit has a filter too.
      assert.ok(answer?.statuses.every((status) => status >= 400) === true, `${trick}: ${answer?.text}`);
      assert.doesNotMatch(answer.text, /Stands for mempool/, trick);
    }
  });

  test("reset, where a service is told to: no byte of an answer", async () => {
    await using lan = await Lan.create();
    await lan.start("prod", ["--input-type=module", "--eval", RESETTING], { HOST: MACHINES.prod });
    const answers = await lan.knock(
      "stranger",
      Object.values(TRICKS).map((send) => ({ host: MACHINES.prod, port: 3099, send })),
    );
    for (const { by, text } of answers) assert.deepEqual([by, text], ["ECONNRESET", ""]);
    const [answer] = await lan.knock("proxy", [{ host: MACHINES.prod, port: 3099, send: HEALTH }]);
    assert.deepEqual(answer?.statuses, [200]);
  });

  test("nobody listens on [::] or 0.0.0.0, and nobody answers over IPv6", async () => {
    await using lan = await Lan.create();
    await lan.startAll();
    assert.deepEqual(lan.listening("bitcoin"), doorsOn("bitcoin"));
    assert.deepEqual(lan.listening("prod"), doorsOn("prod"));
    assert.deepEqual(lan.listening("proxy"), [`${PROXY}:443`]);
    const overIpv6 = DOORS.map(({ host, port }) => ({ host: ipv6(host), port, send: HEALTH }));
    for (const from of ["stranger", "proxy"] as const)
      for (const { by } of await lan.knock(from, overIpv6)) assert.equal(by, "ECONNREFUSED");
  });

  test("one service calls another only where that one's own list says so", async () => {
    await using lan = await Lan.create();
    await lan.startAll();
    const send = ask("GET /api/neighbours HTTP/1.1", "Connection: close");
    const [answer] = await lan.knock("proxy", [{ ...doorOf("signet-dashboard"), send }]);
    assert.match(answer?.text ?? "", /\{"faucet":200,"watermark":403\}/);
    // The list names the machine, so the same holds for whatever else runs there.
    const fromBitcoin = await lan.knock(
      "bitcoin",
      GUARDED.map((door) => ({ ...door, send: HEALTH })),
    );
    assert.deepEqual(
      fromBitcoin.map(({ statuses: [status] }, index) => [SERVICES[index]?.name, status]),
      SERVICES.map(({ name }) => [name, name === "api-faucet" ? 200 : 403]),
    );
  });

  test("a stranger comes in through the proxy, by TLS and by WebSocket", async () => {
    await using lan = await Lan.create();
    const trust = await lan.startAll();
    const at = (name: string, send: string): Knock => ({
      host: PROXY,
      port: 443,
      tls: { name, trust },
      send: send.replace("service", name),
    });
    const answers = await lan.knock(
      "stranger",
      readNames().map((name) => at(name, /dashboard|mempool/.test(name) ? PAGE : HEALTH)),
    );
    assert.deepEqual(
      answers.map(({ statuses }) => statuses),
      readNames().map(() => [200]),
    );
    const [live] = await lan.knock("stranger", [at("dashboard.example.org", WEBSOCKET)]);
    assert.deepEqual(live?.statuses, [101]);
    assert.match(live.text, /"network":"signet"/);
  });

  test("a source taken off the list is out, its kept-alive connection included, once the service is restarted", async () => {
    await using lan = await Lan.create();
    const faucet = serviceOf("api-faucet");
    const wide = { ...faucet.environment, ALLOWED_SOURCE_IP: `${PROXY},${STRANGER}` };
    const before = await lan.start("prod", faucet.words, wide);
    const keepAlive = ask("GET /health HTTP/1.1", "Connection: keep-alive");
    const held = lan.knocking("stranger", [{ ...doorOf("api-faucet"), send: keepAlive, hold: true }]);
    assert.equal((await held.next()).value, '"holding"');

    const exited = once(before, "exit");
    before.kill("SIGTERM");
    await exited;
    await lan.start("prod", faucet.words, faucet.environment);
    const answer = JSON.parse(String((await held.next()).value)) as Answer;
    assert.deepEqual(answer.statuses, [200], "one answer, and no other after the restart");
    const [again] = await lan.knock("stranger", [{ ...doorOf("api-faucet"), send: keepAlive }]);
    assert.deepEqual(again?.statuses, [403]);
  });

  test("a connection that was opened before the guard came is judged at its next request", async () => {
    await using lan = await Lan.create();
    await lan.start("prod", ["--input-type=module", "--eval", LATE], { HOST: MACHINES.prod });
    const keepAlive = ask("GET /health HTTP/1.1", "Connection: keep-alive");
    // The service puts its guard up after its first answer.
    const door = { host: MACHINES.prod, port: 3099 };
    const [answer] = await lan.knock("stranger", [{ ...door, send: keepAlive, then: keepAlive }]);
    assert.deepEqual([answer?.statuses, answer?.by], [[200], "ECONNRESET"]);
  });

  test("a service that was given no list does not start on the LAN", async () => {
    await using lan = await Lan.create();
    const { words, environment } = serviceOf("api-anchorage");
    for (const list of [undefined, "", " ", ",", "VOTRE_IP_ADMIN", "192.168.1.300", "192.168.1.100/24"]) {
      const { ALLOWED_SOURCE_IP: _, ...rest } = environment;
      const child = lan.spawn("bitcoin", words, list === undefined ? rest : { ...rest, ALLOWED_SOURCE_IP: list });
      const [code] = (await once(child, "exit")) as [number];
      assert.equal(code, 1, `a list of ${JSON.stringify(list)}`);
    }
    assert.deepEqual(lan.listening("bitcoin"), []);
  });

  test("a service that starts before its address is up waits for it, then listens there and nowhere else", async () => {
    await using host = await Host.create("prod");
    const { words, environment, port } = serviceOf("api-faucet");
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const node = [process.execPath, "--conditions=source", ...words];
    const child = host.start("env", "-i", "-C", FOLDER, ...variables, "sh", "-c", 'exec "$@" 2>&1', "sh", ...node);
    assert.ok(child.stdout !== null);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value: first } = (await lines.next()) as { readonly value: unknown };
    assert.equal(first, `ecluse guard: waiting for ${MACHINES.prod} to be an address of this machine`);
    assert.equal(host.run("ss", "-Htln"), "");
    host.address("lo", `${MACHINES.prod}/32`);
    const { value: second } = (await lines.next()) as { readonly value: unknown };
    assert.equal(second, `ecluse guard: ${MACHINES.prod} is up`);
    await lines.next();
    assert.match(host.run("ss", "-Htln"), new RegExp(`^LISTEN +0 +\\d+ +${MACHINES.prod}:${port} `));
  });

  test("the same knocks do come through where a service runs without the guard", async () => {
    await using lan = await Lan.create();
    await lan.start("prod", ["--input-type=module", "--eval", NAKED], { HOST: MACHINES.prod });
    const door = { host: MACHINES.prod, port: 3099 };
    const answers = await lan.knock(
      "stranger",
      Object.values(TRICKS).map((send) => ({ ...door, send, patience: AFTER_AN_ANSWER })),
    );
    const refused = answers.filter(({ statuses }) => statuses.length === 1 && statuses[0] === 403);
    assert.deepEqual(refused, []);
    assert.deepEqual(answers[0]?.statuses, [200]);
    assert.ok(answers.some(({ statuses }) => statuses[0] === 101));
    assert.deepEqual(lan.listening("prod"), ["*:3099"]);
    const [overIpv6] = await lan.knock("stranger", [{ host: ipv6(MACHINES.prod), port: 3099, send: HEALTH }]);
    assert.deepEqual(overIpv6?.statuses, [200]);
  });
});

/** Milliseconds in which whoever answers and then keeps the connection open has answered. */
const AFTER_AN_ANSWER = 500;
const PAGE = ask("GET / HTTP/1.1", "Connection: close");

/** A service as it is before anybody has thought of this: every address, every peer. */
const NAKED = `
  import { createServer } from "node:http";
  import express from "express";
  import { WebSocketServer } from "ws";
  const server = createServer(express().get("/health", (_request, response) => response.json({})));
  new WebSocketServer({ server });
  server.listen(3099, () => console.log("listens"));
`;

const GUARDED_SERVER = `
  import { createServer } from "node:http";
  import { createGuard, listenOn } from "@ecluse/guard";
  import express from "express";
  const app = express();
  const server = createServer(app);
`;

const RESETTING = `${GUARDED_SERVER}
  app.get("/health", (_request, response) => response.json({}));
  createGuard({ allow: "${PROXY}", reject: "reset" }).protect(server);
  await listenOn(server, { host: process.env.HOST, port: 3099 });
  console.log("listens");
`;

const LATE = `${GUARDED_SERVER}
  const guard = createGuard({ allow: "${PROXY}" });
  app.get("/health", (_request, response) => {
    response.json({});
    response.once("finish", () => guard.protect(server));
  });
  await listenOn(server, { host: process.env.HOST, port: 3099 });
  console.log("listens");
`;

class Lan implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "ecluse-listening-rule-"));
  readonly #switch: Host;
  readonly #hosts: Readonly<Record<Machine, Host>>;

  private constructor(lan: Host, hosts: Readonly<Record<Machine, Host>>) {
    this.#switch = lan;
    this.#hosts = hosts;
  }

  static async create(): Promise<Lan> {
    const plug = await Host.create("lan");
    plug.run("ip", "link", "add", "switch", "type", "bridge");
    plug.run("ip", "link", "set", "switch", "up");
    const machines = Object.keys(MACHINES) as Machine[];
    const hosts = await Promise.all(machines.map(async (name) => [name, await Host.create(name)] as const));
    for (const [name, host] of hosts) {
      cable(plug, host);
      plug.run("ip", "link", "set", name, "master", "switch");
      host.address("lan", `${MACHINES[name]}/24`);
      // A LAN of today has IPv6 whether anybody asked for it or not. nodad: usable at once.
      host.run("ip", "address", "add", `${ipv6(MACHINES[name])}/64`, "dev", "lan", "nodad");
    }
    return new Lan(plug, Object.fromEntries(hosts) as Record<Machine, Host>);
  }

  /** Every service of the example, and both nginx; returns the proxy's certificate. */
  async startAll(): Promise<string> {
    const certificate = makeCertificate(join(this.#folder, "proxy"));
    this.#nginx("bitcoin", "machines/bitcoin/mempool.conf");
    this.#nginx("proxy", "machines/proxy/listening-rule.conf");
    await Promise.all(
      SERVICES.map(({ machine, words, environment }) => this.start(machine as Machine, words, environment)),
    );
    const up = (machine: Machine, door: string): boolean => this.listening(machine).includes(door);
    await until(() => up("bitcoin", `${MEMPOOL.host}:3015`) && up("proxy", `${PROXY}:443`), "both nginx");
    return certificate;
  }

  #nginx(machine: Machine, site: string): void {
    const words = prepareNginx(site, { folder: join(this.#folder, machine) });
    this.#hosts[machine].start(program("nginx") ?? "nginx", ...words);
  }

  /** Starts node with exactly the unit's environment, and resolves once it has said that it listens. */
  async start(machine: Machine, words: readonly string[], environment: Service["environment"]): Promise<ChildProcess> {
    const child = this.spawn(machine, words, environment);
    const ended = once(child, "exit").then(() => assert.fail(`${words.join(" ")} ended instead of listening`));
    ended.catch(() => undefined);
    if (child.stdout !== null) await Promise.race([once(child.stdout, "data"), ended]);
    child.stdout?.resume();
    return child;
  }

  spawn(machine: Machine, words: readonly string[], environment: Service["environment"]): ChildProcess {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const node = [process.execPath, "--conditions=source", ...words];
    // Its folder is the units' WorkingDirectory. What it says on standard error is asserted nowhere.
    return this.#hosts[machine].start(
      "env",
      ...["-i", "-C", FOLDER, ...variables],
      ...["sh", "-c", 'exec "$@" 2>/dev/null', "sh"],
      ...node,
    );
  }

  async knock(from: Machine, knocks: readonly Knock[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for await (const line of this.knocking(from, knocks)) answers.push(JSON.parse(line) as Answer);
    assert.equal(answers.length, knocks.length);
    return answers;
  }

  async *knocking(from: Machine, knocks: readonly Knock[]): AsyncGenerator<string> {
    const child = this.#hosts[from].start(process.execPath, "test/netns/knock.ts", JSON.stringify(knocks));
    if (child.stdout !== null) yield* createInterface({ input: child.stdout });
  }

  /** Who listens on a machine, as `ss -Htlnp` prints it. */
  listening(machine: Machine): readonly string[] {
    return this.#hosts[machine]
      .run("ss", "-Htlnp")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(/\s+/)[3] ?? "")
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [...Object.values(this.#hosts), this.#switch]) await host[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

function doorsOn(machine: Machine): readonly string[] {
  return DOORS.filter(({ host }) => host === MACHINES[machine])
    .map(({ host, port }) => `${host}:${port}`)
    .sort();
}

/** A unique local address (RFC 4193) that ends like the machine's IPv4 one. */
function ipv6(address: string): string {
  return `fd00:192:168:1::${address.split(".")[3] ?? ""}`;
}

function serviceOf(name: string): Service {
  return SERVICES.find((service) => service.name === name) ?? assert.fail(`no unit of ${name}`);
}

function doorOf(name: string): { readonly host: string; readonly port: number } {
  const { host, port } = serviceOf(name);
  return { host, port };
}
