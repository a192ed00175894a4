/**
 * The second ring: an nftables table of its own that drops whoever may not come, before anything else has a say.
 *
 * It stands at `prerouting priority raw`, where a packet still bears the public address and port: before the DNAT by which
 * Docker's published ports go round ufw (https://docs.docker.com/engine/network/packet-filtering-firewalls/), and before
 * the INPUT chain in which Tailscale accepts all that comes by its interface. It judges new connections at the inventory's
 * doors; all other packets go on as if it were not there.
 *
 * It drops rather than rejects: at this hook no connection is tracked and an answer would go to whatever address the
 * packet claims to come from; a refused client that ufw stands before waits, too. Whom it drops is kept in `refused`.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Machine } from "../inventory/model.ts";
import { type Host, type HostDoor, SSH_PORT, gatewayHost, machineHost, refuseDoorOnSsh } from "./host.ts";
import { type Opening, joined, openingsOf } from "./openings.ts";
import type { RenderedFile } from "./rendered-file.ts";
import type { Subject } from "./subject.ts";

/** SSH is left to ufw: whoever loads this to guard terminals does not expect to be locked out by it. */
export function render(subject: Subject): readonly RenderedFile[] {
  return ring(gatewayHost(subject).doors);
}

/** There it may be the only firewall: it judges SSH, too, where the inventory says who may come. */
export function renderMachine(subject: Subject, machine: Machine): readonly RenderedFile[] {
  const host = machineHost(subject, machine);
  return host.doors.length === 0 ? [] : ring(host.doors, sshOpening(host, machine));
}

function sshOpening(host: Host, { address }: Machine): readonly Opening[] {
  if (host.ssh.length === 0) return [];
  refuseDoorOnSsh(host, "nftables");
  return [{ address, first: SSH_PORT, last: SSH_PORT, comers: host.ssh, name: "SSH" }];
}

function ring(doors: readonly HostDoor[], more: readonly Opening[] = []): readonly RenderedFile[] {
  if (doors.length === 0) return [];
  const sets = {
    doors: [...more, ...openingsOf(doors)].map(doorElement),
    allowed: [...more, ...spansOf(doors)].flatMap(allowedElements),
    ports: portRanges([...more, ...openingsOf(doors)]).map((element) => ({ element })),
  };
  return [{ path: "nftables/ecluse-ring.nft", body: tableOf(sets), comment: "#" }];
}

/**
 * What is no door is never looked up in `allowed`, so an element may span the ports between two doors: 7,128 terminals
 * for one network are one element. Not where a flow listens on every address: its span could cover a neighbour's door.
 */
function spansOf(doors: readonly HostDoor[]): readonly Opening[] {
  return doors.some(({ address }) => address === 0) ? openingsOf(doors) : joined(doors, () => true);
}

interface Element {
  readonly element: string;
  /** Written behind it as a comment. */
  readonly name?: string;
}

function doorElement({ address, first, last, name }: Opening): Element {
  return { element: `${addressOf(address)} . ${portsOf(first, last)}`, name };
}

function allowedElements({ address, first, last, comers }: Opening): readonly Element[] {
  return comers.map((network) => ({
    element: `${formatNetwork(network)} . ${addressOf(address)} . ${portsOf(first, last)}`,
  }));
}

/** The ports of the doors of whatever address, none twice. */
function portRanges(openings: readonly Opening[]): readonly string[] {
  const ranges: { first: number; last: number }[] = [];
  for (const { first, last } of openings.toSorted((a, b) => a.first - b.first)) {
    const before = ranges.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else ranges.push({ first, last });
  }
  return ranges.map(({ first, last }) => portsOf(first, last));
}

function addressOf(address: HostDoor["address"]): string {
  return address === 0 ? "0.0.0.0/0" : formatAddress(address);
}

function portsOf(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}

type Sets = Readonly<Record<"doors" | "allowed" | "ports", readonly Element[]>>;

/** Added, deleted and made again in one transaction: at no instant is there no ring, and what is not understood changes nothing. */
function tableOf({ doors, allowed, ports }: Sets): string {
  return `table inet ecluse_ring
delete table inet ecluse_ring

table inet ecluse_ring {
	# Where something is entered. Only what is listed here is judged.
	set doors {
		type ipv4_addr . inet_service
		flags interval${elements(doors)}
	}

	# Who may come where. It is asked of doors only, so a range may span ports that are none.
	set allowed {
		type ipv4_addr . ipv4_addr . inet_service
		flags interval${elements(allowed)}
	}

	# The doors' ports. The inventory knows IPv4 only: by IPv6 nobody may come.
	set ports {
		type inet_service
		flags interval${elements(ports)}
	}

	# Whom it dropped in the last day, at which door, how often: nft list set inet ecluse_ring refused
	set refused {
		type ipv4_addr . ipv4_addr . inet_service
		size 65536
		flags dynamic, timeout
		timeout 1d
	}

	set refused_ipv6 {
		type ipv6_addr . inet_service
		size 65536
		flags dynamic, timeout
		timeout 1d
	}

	counter dropped { }

	chain arriving {
		type filter hook prerouting priority raw; policy accept;

		# Judged when it was opened: a right that goes does not cut who is inside. What hides its flags is judged, too.
		tcp flags & (fin | syn | rst | ack) != syn accept
		fib daddr type local ip daddr . tcp dport @doors jump judged
		meta nfproto ipv6 iifname != "lo" fib daddr type local tcp dport @ports jump judged_ipv6
	}

	# A full set ends a rule: what drops stands in a rule of its own.
	chain judged {
		ip saddr . ip daddr . tcp dport @allowed return
		update @refused { ip saddr . ip daddr . tcp dport counter }
		counter name dropped drop
	}

	chain judged_ipv6 {
		update @refused_ipv6 { ip6 saddr . tcp dport counter }
		counter name dropped drop
	}
}
`;
}

/** One a line. A name holds no line break. */
function elements(list: readonly Element[]): string {
  if (list.length === 0) return "";
  const lines = list.map(({ element, name }) => `\t\t\t${element},${name === undefined ? "" : ` # ${name}`}\n`);
  return `\n\t\telements = {\n${lines.join("")}\t\t}`;
}
