/**
 * `ecluse why` on a host with real firewalls: whom UFW, nft or Docker's chains keep from a door that is open.
 *
 *   till 203.0.113.7 ── internet ── 198.51.100.10 gateway ── tailscale0 ── 172.17.1.10 depot01-tpe01
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Why } from "../../src/diagnose/why/why.ts";
import { needs } from "../support/packages.ts";
import { ADMIN, GATEWAY, STRANGER, TILL, WalledHost } from "./walled-host.ts";

const skip = needs(["iproute2", "nftables", "iptables", "ufw"], { root: true });

const INVENTORY = `
gateway:
  address: ${GATEWAY}
  terminals: { network: 172.17.0.0/16, firstHost: 10, port: 8888 }
  tunnel: { interface: tailscale0, routers: [172.17.240.1] }
sources:
  odoo: { addresses: [${TILL}] }
  admin: { addresses: [${ADMIN}] }
ssh: { allow: [admin] }
depots:
  1: { allow: [odoo], terminals: 1 }
`;

const UFW = [`ufw allow from ${TILL} to any port 10101 proto tcp`, "ufw --force enable"];

interface Row {
  readonly when: string;
  readonly made: readonly string[];
  readonly from?: string;
  /** Absent: nothing breaks, and the exit code is 0. */
  readonly broken?: Why["broken"];
  readonly said: RegExp;
  /** What the step of the firewall rests on. */
  readonly line: RegExp;
}

const TABLE: readonly Row[] = [
  { when: "UFW lets the till in", made: UFW, said: /can be reached\.$/, line: /--dport 10101 -j ACCEPT$/ },
  {
    when: "UFW's default keeps it out",
    made: ["ufw --force enable"],
    broken: "firewall",
    said: /^The gateway's own firewall \(UFW\) keeps this till \(203\.0\.113\.7\) away from terminal 1 of depot 1;/,
    line: /^:INPUT DROP$/,
  },
  {
    when: "a rule of UFW refuses it",
    made: [`ufw reject from ${TILL} to any port 10101 proto tcp`, "ufw allow 10101/tcp", "ufw --force enable"],
    broken: "firewall",
    said: /firewall \(UFW\) keeps this till/,
    line: /-s 203\.0\.113\.7\/32 .*-j REJECT/,
  },
  {
    when: "a table of nft refuses it, behind UFW that lets it in",
    made: [
      ...UFW,
      `nft 'table inet stop { chain in { type filter hook input priority 10; ip saddr ${TILL} tcp dport 10101 drop; }; }'`,
    ],
    broken: "firewall",
    said: /firewall \(nftables \(inet stop\)\) keeps this till/,
    line: /203\.0\.113\.7/,
  },
  {
    when: "the other iptables refuses it",
    made: [`iptables-legacy -A INPUT -s ${TILL} -p tcp --dport 10101 -j DROP`],
    broken: "firewall",
    said: /firewall \(iptables \(legacy\)\) keeps this till/,
    line: /-s 203\.0\.113\.7\/32 .*-j DROP/,
  },
  {
    when: "a stranger is stopped by the inventory first",
    made: ["ufw --force enable"],
    from: STRANGER,
    broken: "grant",
    said: /is not allowed to reach/,
    line: /^$/,
  },
];

suite("why, behind real firewalls", { skip, timeout: 280_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-why-"));
  const file = join(folder, "ecluse.yaml");
  writeFileSync(file, INVENTORY);
  after(() => rmSync(folder, { recursive: true }));

  for (const { when, made, from = TILL, broken, said, line } of TABLE) {
    test(`${when}: exit ${broken === undefined ? 0 : 1}`, async () => {
      await using walled = await gateway();
      walled.sh(...made);
      const { exit, why } = await asked(walled, file, from);
      assert.equal(why.broken, broken, JSON.stringify(why, null, 2));
      assert.equal(exit, broken === undefined ? 0 : 1);
      assert.match(why.said, said);
      assert.match(why.steps.find(({ name }) => name === "firewall")?.evidence.line ?? "", line);
    });
  }

  test("what is printed as the fix lets the till in", async () => {
    await using walled = await gateway();
    walled.sh("ufw --force enable");
    const { exit, why } = await asked(walled, file, TILL);
    assert.equal(exit, 1);
    walled.sh(why.fix);
    assert.equal((await asked(walled, file, TILL)).exit, 0);
  });
});

/** The door is open, the way leads through the tunnel, and the terminal answers. */
async function gateway(): Promise<WalledHost> {
  const walled = await WalledHost.create();
  walled.tailnet.address("gateway", "172.17.1.10/32");
  walled.host.route("172.17.1.0/24", "dev", "tailscale0", "table", "52");
  const terminal = walled.tailnet.start(process.execPath, "-e", TERMINAL);
  if (terminal.stdout !== null) await once(terminal.stdout, "data");
  await walled.hold([10_101]);
  return walled;
}

const TERMINAL = `require("node:net").createServer((socket) => socket.on("error", () => undefined).end()).listen(8888, "172.17.1.10", () => console.log("up"))`;

/** The command itself, on the gateway's host; no gateway answers it there. */
async function asked(walled: WalledHost, file: string, from: string): Promise<{ exit: unknown; why: Why }> {
  const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const words = ["why", "1/1", "--from", from, "--json", "--inventory", file, "--control", `${file}.sock`];
  const [program = "", ...entry] = walled.host.entry;
  return new Promise((resolve, reject) => {
    execFile(program, [...entry, process.execPath, "--conditions=source", cli, ...words], (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr));
      else resolve({ exit: error?.code ?? 0, why: JSON.parse(stdout) as Why });
    });
  });
}
