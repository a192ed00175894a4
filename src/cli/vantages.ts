/** The vantage points of an acceptance run: addresses of this host, and other machines over the system's own ssh. */
import { networkInterfaces } from "node:os";
import { type Ipv4, formatAddress, parseAddress } from "@ecluse/guard/address";
import type { Ipv6Address, Vantage } from "../accept/cell.ts";
import { type KnockerElsewhere, knockerElsewhere } from "../accept/host/knock-elsewhere.ts";
import { knockerHere } from "../accept/host/knock-here.ts";
import type { Knocker } from "../accept/knock.ts";
import { EcluseError } from "../errors.ts";
import type { Inventory } from "../inventory/model.ts";
import { quote } from "../inventory/quote.ts";
import { shellOver } from "./ssh.ts";

export interface VantagePoint extends Vantage {
  readonly knocker: Knocker;
  /** `here`, or the command that reaches it. */
  readonly via: string;
  /** Another machine's own IPv6 addresses. */
  readonly ipv6: readonly string[];
}

/**
 * What `--from` names: an address of this host, a machine of the inventory, or `NAME=ADDRESS`, a host that ssh calls NAME
 * and that doors see as ADDRESS. Nothing named: every address of this host. Throws `usage`.
 */
export async function vantagePoints(
  named: readonly string[],
  inventory: Inventory,
  stack: AsyncDisposableStack,
): Promise<readonly VantagePoint[]> {
  const places = named.length === 0 ? ownAddresses().map(formatAddress) : named;
  const points = await Promise.all(places.map((place) => vantagePoint(place, inventory, stack)));
  if (points.length > 0) return points;
  const hint = "name one: --from ADDRESS of this host, --from MACHINE, or --from NAME=ADDRESS";
  throw new EcluseError("usage", "Cannot try anything: this host has no IPv4 address to come from", { hint });
}

async function vantagePoint(place: string, inventory: Inventory, stack: AsyncDisposableStack): Promise<VantagePoint> {
  const address = parseAddress(place);
  if (address !== undefined) return here(address, stack);
  const [, name = place, seenAs = ""] = /^([^=]+)=(.+)$/.exec(place) ?? [];
  const machine = inventory.machines.find((each) => each.name === place);
  const from = machine?.address ?? parseAddress(seenAs);
  // A host that begins with a dash would be an option of ssh.
  if (from === undefined || name.startsWith("-")) {
    const hint =
      "write an address of this host, a machine of the inventory, or NAME=ADDRESS of a host that ssh reaches";
    throw new EcluseError("usage", `Cannot come from ${quote(place)}: no such place`, { hint });
  }
  const host = machine === undefined ? name : formatAddress(machine.address);
  const knocker: KnockerElsewhere = stack.use(await knockerElsewhere(shellOver(host, "bash")));
  return { name, address: from, knocker, via: `ssh ${host}`, ipv6: knocker.ipv6 };
}

function here(address: Ipv4, stack: AsyncDisposableStack): VantagePoint {
  const name = formatAddress(address);
  if (!isOwn(address)) {
    const hint = `this host has ${ownAddresses().map(formatAddress).join(", ")}; for another: NAME=ADDRESS, over ssh`;
    throw new EcluseError("usage", `Cannot come from ${name}: it is no address of this host`, { hint });
  }
  return { name, address, knocker: stack.use(knockerHere(name)), via: "here", ipv6: [] };
}

/**
 * The IPv6 addresses of the hosts that listen, as far as they can be known, each with the vantage point to try it from: a
 * host's loopback address on the host itself, the others across the network where there is somebody.
 */
export function ipv6AddressesOf(points: readonly VantagePoint[], hosts: readonly Ipv4[]): readonly Ipv6Address[] {
  return hosts.flatMap((of) => {
    const isMine = isOwn(of);
    const onIt = points.find(({ address, via }) => (isMine ? via === "here" : via !== "here" && address === of));
    const across = points.find((point) => point.via !== (onIt?.via ?? "here")) ?? onIt;
    const addresses = isMine ? ownIpv6() : (onIt?.ipv6 ?? []);
    return addresses.toSorted().flatMap((address) => {
      const from = (address === "::1" ? onIt : across)?.name;
      return from === undefined ? [] : [{ of, address, from }];
    });
  });
}

export function isOwn(address: Ipv4): boolean {
  return isLoopback(address) || ownAddresses().includes(address);
}

/** IPv4, without loopback's; but with what an administrator has put on lo, as routers do with a service's address. */
export function ownAddresses(): readonly Ipv4[] {
  const all = interfaceAddresses("IPv4").flatMap((address) => parseAddress(address) ?? []);
  return all.filter((address) => !isLoopback(address));
}

/** Every address of 127.0.0.0/8 is this host's, and on no interface's list. */
function isLoopback(address: Ipv4): boolean {
  return address >>> 24 === 127;
}

/** Link-local ones are left out: they need an interface. */
function ownIpv6(): readonly string[] {
  return interfaceAddresses("IPv6").filter((address) => !address.startsWith("fe80:"));
}

function interfaceAddresses(family: "IPv4" | "IPv6"): readonly string[] {
  const interfaces = Object.values(networkInterfaces());
  return interfaces.flatMap((list = []) => list.filter((each) => each.family === family).map(({ address }) => address));
}
