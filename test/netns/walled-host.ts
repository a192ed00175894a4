/**
 * A host behind firewalls of its own, read as a real one is: the files of UFW and of the host are copies that nobody else
 * sees, so that every program may write.
 *
 *   admin 192.0.2.10 ────────┐
 *   till 203.0.113.7 ────────┤ internet ── 198.51.100.10 gateway ── tailscale0: 100.64.0.9
 *   stranger 192.0.2.66 ─────┘
 */
import { once } from "node:events";
import type { AuditFinding } from "../../src/audit/finding.ts";
import { audit } from "../../src/audit/audit.ts";
import type { HostFacts } from "../../src/audit/facts.ts";
import { collect } from "../../src/audit/host/collect.ts";
import { askingsFor } from "../../src/audit/readings.ts";
import type { Subject } from "../../src/render/subject.ts";
import { Host, cable } from "../support/namespaces.ts";

export const GATEWAY = "198.51.100.10";
export const TILL = "203.0.113.7";
export const ADMIN = "192.0.2.10";
export const STRANGER = "192.0.2.66";
export const PEER = "100.64.0.9";

/** A program that holds ports and accepts whoever comes: what the gateway would refuse, its audit must not see. */
const HOLDER = `
  const [address, ...ports] = process.argv.slice(1);
  let open = 0;
  for (const port of ports)
    require("node:net").createServer((socket) => socket.on("error", () => undefined).end("hello")).listen(Number(port), address, () => {
      if (++open === ports.length) console.log("up");
    });
`;

export class WalledHost implements AsyncDisposable {
  readonly host: Host;
  readonly internet: Host;
  readonly tailnet: Host;

  private constructor(host: Host, internet: Host, tailnet: Host) {
    this.host = host;
    this.internet = internet;
    this.tailnet = tailnet;
  }

  static async create(): Promise<WalledHost> {
    const host = await apart("gateway");
    const internet = await Host.create("internet");
    // A cable is named after its other end: the gateway gets an interface tailscale0.
    const tailnet = await Host.create("tailscale0");
    cable(host, internet);
    cable(host, tailnet);
    host.address("internet", `${GATEWAY}/24`);
    internet.address("gateway", "198.51.100.1/24", `${TILL}/32`, `${ADMIN}/32`, `${STRANGER}/32`);
    host.route("default", "via", "198.51.100.1");
    host.address("tailscale0", "100.64.0.1/32");
    host.route("100.64.0.0/10", "dev", "tailscale0", "table", "52");
    host.run("ip", "rule", "add", "pref", "5270", "lookup", "52");
    tailnet.address("gateway", `${PEER}/10`);
    tailnet.route("default", "dev", "gateway");
    return new WalledHost(host, internet, tailnet);
  }

  /** Programs of Node hold these ports, on the host's own address. */
  async hold(ports: readonly number[], address = GATEWAY): Promise<void> {
    const child = this.host.start(process.execPath, "-e", HOLDER, address, ...ports.map(String));
    if (child.stdout !== null) await once(child.stdout, "data");
  }

  /** Each in a folder of the host's own, with its own programs before others, and with an end. */
  sh(...lines: readonly string[]): void {
    for (const line of lines) this.host.run("timeout", "60", "sh", "-ec", `cd /run; PATH=/run/bin:$PATH; ${line}`);
  }

  read({ inventory }: Subject, name = "gateway"): Promise<HostFacts> {
    const shell = [...this.host.entry, "sh"];
    return collect({ host: name, askings: askingsFor(inventory, name), shell, now: Date.now });
  }

  async audit(subject: Subject, name = "gateway"): Promise<readonly AuditFinding[]> {
    return audit([await this.read(subject, name)], subject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.internet[Symbol.asyncDispose]();
    await this.tailnet[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }
}

/** A host that sees its own processes and its own files alone. */
export async function apart(name: string): Promise<Host> {
  const host = await Host.create(name, { apart: true });
  host.run("sh", "-ec", OWN_FILES);
  return host;
}

/** The host's own /etc, written over a copy that lives as long as it; and a /run without other programs' sockets. */
const OWN_FILES = `
mount -t tmpfs tmpfs /run
mkdir /run/above /run/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/above,workdir=/run/work /etc
`;
