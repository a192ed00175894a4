/**
 * Listening sockets of all network namespaces, with their owners, from `/proc/net/{tcp,tcp6,udp,udp6}`.
 *
 * Format: proc(5) and the kernel's Documentation/networking/proc_net_tcp.rst. Addresses are words of four bytes, written
 * as numbers of this machine: on the little-endian ones of today the bytes come in reverse.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { HostFacts } from "../facts.ts";
import { textOf } from "../facts.ts";

export interface Listener {
  readonly protocol: "tcp" | "udp";
  /** `wildcard4`: 0.0.0.0. `wildcard6`: [::], which takes IPv4, too, unless the socket was told not to. */
  readonly scope: "address" | "wildcard4" | "wildcard6" | "address6";
  /** Of an IPv4 socket, or of a mapped one (::ffff:a.b.c.d); 0 for 0.0.0.0; absent: IPv6. */
  readonly address?: Ipv4;
  readonly port: number;
  /** The host's own namespace is the empty text; another is its link: `net:[4026532301]`. */
  readonly namespace: string;
  readonly owner?: Owner;
  /** The line of the table, as evidence. */
  readonly line: string;
}

export interface Owner {
  readonly pid: number;
  readonly program: string;
  /** A container's id, where the process is in one. */
  readonly container?: string;
  /** The service of systemd's that it belongs to: `api.service`. */
  readonly unit?: string;
}

export function listenersOf(facts: HostFacts): readonly Listener[] {
  const owners = ownersOf(facts);
  let host: string | undefined;
  let table: Table = { namespace: "", kind: "tcp" };
  const list: Listener[] = [];
  for (const line of textOf(facts, "sockets").split("\n")) {
    const [, namespace, kind] = /^== (\S+) (tcp6?|udp6?) \S+$/.exec(line) ?? [];
    if (namespace === undefined) {
      const listener = listenerOf(line, table, owners);
      if (listener !== undefined) list.push(listener);
      continue;
    }
    host ??= namespace;
    table = { namespace: namespace === host ? "" : namespace, kind: kind as Table["kind"] };
  }
  return list;
}

interface Table {
  readonly namespace: string;
  readonly kind: "tcp" | "tcp6" | "udp" | "udp6";
}

function listenerOf(
  line: string,
  { namespace, kind }: Table,
  owners: ReadonlyMap<string, Owner>,
): Listener | undefined {
  const fields = line.trim().split(/\s+/);
  const [, local = "", remote = ""] = fields;
  const [hex = "", port = ""] = local.split(":");
  // A UDP socket with a peer is one side of a conversation, not a door.
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex) || !remote.endsWith(":0000")) return undefined;
  const owner = owners.get(fields[9] ?? "");
  return {
    protocol: kind.startsWith("udp") ? "udp" : "tcp",
    ...boundTo(hex),
    port: Number.parseInt(port, 16),
    namespace,
    ...(owner === undefined ? {} : { owner }),
    line: line.trim(),
  };
}

function boundTo(hex: string): Pick<Listener, "scope" | "address"> {
  if (hex.length === 8) {
    const address = word(hex);
    return { scope: address === 0 ? "wildcard4" : "address", address };
  }
  if (/^0{32}$/.test(hex)) return { scope: "wildcard6" };
  // An IPv4 socket in the words of IPv6: ::ffff:a.b.c.d.
  return /^0{16}FFFF0000/.test(hex) ? boundTo(hex.slice(24)) : { scope: "address6" };
}

function word(hex: string): Ipv4 {
  return Buffer.from(hex, "hex").readUInt32LE(0) as Ipv4;
}

/** By the socket's inode. */
function ownersOf(facts: HostFacts): ReadonlyMap<string, Owner> {
  const programs = programsOf(textOf(facts, "programs"));
  const owners = new Map<string, Owner>();
  for (const [, pid = "", inode = ""] of textOf(facts, "owners").matchAll(
    /^\/proc\/(\d+)\/fd\/\d+ socket:\[(\d+)\]$/gm,
  )) {
    const owner = programs.get(pid);
    if (owner !== undefined && !owners.has(inode)) owners.set(inode, owner);
  }
  return owners;
}

function programsOf(text: string): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const [, pid = "", program = ""] of text.matchAll(/^\/proc\/(\d+)\/comm:(.*)$/gm)) {
    owners.set(pid, { pid: Number(pid), program });
  }
  for (const [, pid = "", group = ""] of text.matchAll(/^\/proc\/(\d+)\/cgroup:(.*)$/gm)) {
    const owner = owners.get(pid);
    if (owner !== undefined) owners.set(pid, { ...owner, ...placeIn(group) });
  }
  return owners;
}

/** cgroup v1 and v2 name a container by its 64 hex digits, a unit by its name: /docker/ID, /system.slice/api.service. */
function placeIn(group: string): Pick<Owner, "container" | "unit"> {
  const [, container] = /\b([0-9a-f]{64})\b/.exec(group) ?? [];
  const [, unit] = /:\/system\.slice\/(?:.*\/)?([^/]+\.service)$/.exec(group) ?? [];
  return { ...(container === undefined ? {} : { container }), ...(unit === undefined ? {} : { unit }) };
}
