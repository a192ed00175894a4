/**
 * A WireGuard tunnel between two hosts of a test: wireguard-go (Debian's) on /dev/net/tun, so that no kernel module is needed.
 *
 * Each end runs in a process namespace of its own, which ends with it, and sees a /run of its own, for the sockets of all ends
 * would lie in /var/run/wireguard side by side. An end that is killed takes its interface with it, and its routes.
 */
import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Host } from "./namespaces.ts";
import { needs } from "./packages.ts";
import { until } from "./loopback.ts";

export const DEVICE = "wg0";

/** For a test's `skip`. */
export function needsWireGuard(): string | false {
  const lacking = needs(["iproute2", "nftables", "wireguard-go", "wireguard-tools"], { root: true });
  return lacking === false && !existsSync("/dev/net/tun") ? "needs /dev/net/tun: modprobe tun" : lacking;
}

export interface End {
  readonly host: Host;
  /** Where the other end finds it. */
  readonly outside: string;
  /** Its address in the tunnel. */
  readonly inside: string;
  /** What the other end may send to it, besides that address. */
  readonly networks: readonly string[];
}

const PORT = 51_820;

/** Starts both ends; returns what takes the first one down, as a crash would. */
export async function tunnel(a: End, b: End): Promise<{ readonly cut: () => Promise<void> }> {
  const [mine, theirs] = [keys(), keys()];
  const process = await start(a, mine.secret, b, theirs.shared);
  await start(b, theirs.secret, a, mine.shared);
  return {
    cut: async () => {
      const exited = once(process, "exit");
      process.kill("SIGKILL");
      await exited;
      await until(() => !hasDevice(a.host), `${DEVICE} goes`);
    },
  };
}

async function start({ host, inside }: End, secret: string, peer: End, shared: string): Promise<ChildProcess> {
  const allowed = [peer.inside, ...peer.networks].join(",");
  const settings = `[Interface]\nPrivateKey = ${secret}\nListenPort = ${PORT}\n[Peer]\nPublicKey = ${shared}\nAllowedIPs = ${allowed}\nEndpoint = ${peer.outside}:${PORT}\n`;
  const script = `mount -t tmpfs tmpfs /run; wireguard-go -f ${DEVICE} 2>/dev/null & \
    until [ -S /run/wireguard/${DEVICE}.sock ]; do sleep 0.05; done; \
    printf '%s' "$1" | wg setconf ${DEVICE} /dev/stdin && ip address add ${inside} dev ${DEVICE} && ip link set ${DEVICE} up && wait`;
  const apart = ["--mount", "--pid", "--fork", "--kill-child"];
  const child = host.start("unshare", ...apart, "sh", "-c", script, "sh", settings);
  child.stdout?.resume();
  await until(
    () => hasDevice(host) && host.run("ip", "-j", "address", "show", DEVICE).includes('"UP"'),
    `${DEVICE} is up on ${host.name}`,
  );
  return child;
}

function hasDevice(host: Host): boolean {
  return host.run("ip", "-o", "link").includes(` ${DEVICE}: `);
}

function keys(): { readonly secret: string; readonly shared: string } {
  const secret = execFileSync("wg", ["genkey"], { encoding: "utf8" }).trim();
  return { secret, shared: execFileSync("wg", ["pubkey"], { encoding: "utf8", input: secret }).trim() };
}
