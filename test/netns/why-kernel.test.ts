/**
 * `ecluse why` on a host whose doors the kernel carries, with the gateway running: what it says is what befalls the till.
 *
 *   till 203.0.113.7 ── internet ── 198.51.100.10 gateway ── tailscale0 ── 172.17.1.10 depot01-tpe01, .11 its neighbour
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { suite, test } from "node:test";
import type { Why } from "../../src/diagnose/why/why.ts";
import { until } from "../support/loopback.ts";
import { type ServingHost, carrying, kernelSkip } from "./drift-hosts.ts";
import { ADMIN, GATEWAY, STRANGER, TILL } from "./walled-host.ts";

/** Routed packets are denied by default. */
const UFW = [`ufw allow from ${ADMIN} to any port 22 proto tcp`, "ufw --force enable"];
const RENDERED = "ecluse render ufw --out DIR/ && sh DIR/ufw/ecluse-ufw.sh";

interface Row {
  readonly when: string;
  readonly made?: readonly string[];
  readonly from?: string;
  /** The terminals that answer; default: both. */
  readonly answering?: readonly string[];
  /** What becomes of the till's connection; it is opened before the question. Absent: none is. */
  readonly befalls?: "connected" | "ECONNREFUSED" | "nothing";
  /** Absent: nothing breaks, and the exit code is 0. */
  readonly broken?: Why["broken"];
  readonly said: RegExp;
}

const BOTH = ["172.17.1.10", "172.17.1.11"];

const TABLE: readonly Row[] = [
  { when: "an allowed source", befalls: "connected", said: /^Terminal 1 of depot 1 can be reached\.$/ },
  {
    when: "a source that nothing names",
    from: STRANGER,
    befalls: "ECONNREFUSED",
    broken: "grant",
    said: /^This till \(192\.0\.2\.66\) is not allowed to reach/,
  },
  {
    when: "ufw's default drops what is routed, and nobody has knocked yet",
    made: UFW,
    broken: "firewall",
    said: /^The gateway's own firewall \(UFW\) keeps this till \(203\.0\.113\.7\) away from terminal 1 of depot 1;/,
  },
  {
    when: "ufw's default drops what is routed, and the gateway has seen it",
    made: UFW,
    befalls: "nothing",
    broken: "firewall",
    said: /^The gateway's own firewall \(UFW\) keeps this till \(203\.0\.113\.7\) away from terminal 1 of depot 1;/,
  },
  { when: "ufw as it is rendered", made: [RENDERED], befalls: "connected", said: /can be reached\.$/ },
  {
    when: "the terminal does not listen",
    answering: ["172.17.1.11"],
    befalls: "ECONNREFUSED",
    broken: "terminal",
    said: /^Terminal 1 of depot 1 is switched on and refuses/,
  },
  {
    when: "the terminal is off, and its neighbour answers",
    made: [
      "nft 'table ip off { chain out { type filter hook postrouting priority 300; ip daddr 172.17.1.10 drop; }; }'",
    ],
    broken: "terminal",
    said: /^Terminal 1 of depot 1 does not answer, and everything before it is in order/,
  },
  {
    when: "the host does not forward any more",
    made: ["sysctl -qw net.ipv4.ip_forward=0"],
    broken: "listener",
    said: /^The gateway's own door to terminal 1 of depot 1 is not open; the terminal is not the cause\.$/,
  },
];

suite("why, where the kernel carries", { skip: kernelSkip, timeout: 280_000 }, () => {
  for (const { when, made = [], from = TILL, answering = BOTH, befalls, broken, said } of TABLE) {
    test(`${when}: exit ${broken === undefined ? 0 : 1}`, async () => {
      await using host = await gateway(answering);
      host.sh(...made);
      if (befalls !== undefined) assert.equal(connected(host, from), befalls);
      if (befalls === "nothing") await until(() => isBlocked(host), "the gateway sees it");
      const { exit, why } = await asked(host, from);
      assert.equal(why.broken, broken, JSON.stringify(why, null, 2));
      assert.equal(exit, broken === undefined ? 0 : 1);
      assert.match(why.said, said);
    });
  }

  test("what is printed as the fix for ufw lets the till in, and then nothing breaks", async () => {
    await using host = await gateway(BOTH);
    host.sh(...UFW);
    assert.equal(connected(host, TILL), "nothing");
    await until(() => isBlocked(host), "the gateway sees it");
    const { why } = await asked(host, TILL);
    host.sh(why.fix);
    const { exit, why: then } = await asked(host, TILL);
    assert.deepEqual([exit, then.broken], [0, undefined], JSON.stringify(then, null, 2));
    assert.equal(connected(host, TILL), "connected");
  });
});

/** The gateway serves, the way leads through the tunnel, and these terminals answer. */
async function gateway(answering: readonly string[]): Promise<ServingHost> {
  const host = await carrying();
  const { tailnet, host: vm } = host.walled;
  for (const address of BOTH) tailnet.address("gateway", `${address}/32`);
  vm.route("172.17.1.0/24", "dev", "tailscale0", "table", "52");
  const terminals = tailnet.start(process.execPath, "-e", TERMINAL, ...answering);
  if (terminals.stdout !== null) await once(terminals.stdout, "data");
  return host;
}

const TERMINAL = `
  const addresses = process.argv.slice(1);
  let open = 0;
  for (const address of addresses)
    require("node:net").createServer((socket) => socket.on("error", () => undefined).end()).listen(8888, address, () => {
      if (++open === addresses.length) console.log("up");
    });
`;

/** What becomes of a connection within a second: nothing, where it is dropped. */
function connected({ walled }: ServingHost, from: string): string {
  const script = `
    const [localAddress] = process.argv.slice(1);
    const say = (what) => { console.log(what); process.exit(); };
    const socket = require("node:net").connect({ host: "${GATEWAY}", port: 10101, localAddress });
    socket.on("connect", () => say("connected")).on("error", ({ code }) => say(code));
    setTimeout(() => say("nothing"), 1000);
  `;
  return walled.internet.run(process.execPath, "-e", script, from).trim();
}

function isBlocked({ walled }: ServingHost): boolean {
  // A blocked door is exit code 1.
  return walled.host.run("sh", "-c", "/run/bin/ecluse status --json || true").includes("dropped-by: ip filter FORWARD");
}

async function asked({ walled }: ServingHost, from: string): Promise<{ readonly exit: unknown; readonly why: Why }> {
  const [program = "", ...entry] = walled.host.entry;
  return new Promise((resolve, reject) => {
    const words = ["/run/bin/ecluse", "why", "1/1", "--from", from, "--json"];
    execFile(program, [...entry, ...words], (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr));
      else resolve({ exit: error?.code ?? 0, why: JSON.parse(stdout) as Why });
    });
  });
}
