/**
 * The listening sockets of this process, by what they are bound to.
 *
 * Asked of the kernel (proc(5): `/proc/self/fd` names each socket's inode, `/proc/self/net/tcp` says where the inode
 * listens), so that a socket needs no name to be recognised: 7,128 names do not fit one environment variable.
 * No public function of Node gives a listener's descriptor.
 */
import { readlinkSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { endianness } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Ipv4 } from "@ecluse/guard/address";
import type { Inherited } from "../engine/engine.ts";
import type { Endpoint } from "../inventory/model.ts";
import { endpointKey } from "../policy/policy.ts";

/** Links read in one turn of the loop. */
const LINKS_A_TURN = 256;

/** The state LISTEN in the kernel's table. */
const LISTEN = "0A";

/** IPv4 only. Where the system has no such table: none. */
export async function listeningSockets(): Promise<Inherited> {
  const endpoints = parseTable(await readFile("/proc/self/net/tcp", "latin1").catch(() => ""));
  const found = new Map<number, { readonly endpoint: Endpoint; readonly fd: number }>();
  const names = await readdir("/proc/self/fd").catch(() => []);
  for (const [index, name] of names.entries()) {
    if (index % LINKS_A_TURN === LINKS_A_TURN - 1) await nextTurn();
    const endpoint = endpoints.get(inodeOf(name));
    if (endpoint !== undefined) found.set(endpointKey(endpoint.address, endpoint.port), { endpoint, fd: Number(name) });
  }
  return found;
}

function inodeOf(descriptor: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1] ?? "";
  } catch {
    // Closed meanwhile.
    return "";
  }
}

/** Listening endpoints by inode. */
export function parseTable(table: string, order: "LE" | "BE" = endianness()): ReadonlyMap<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  for (const line of table.split("\n")) {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const [, address = "", port = ""] = /^([0-9A-F]{8}):([0-9A-F]{4})$/.exec(local) ?? [];
    if (state !== LISTEN || port === "") continue;
    endpoints.set(inode, { address: hostOrder(parseInt(address, 16), order), port: parseInt(port, 16) });
  }
  return endpoints;
}

/** The kernel prints the four bytes of the address as one number of the machine. */
function hostOrder(printed: number, order: "LE" | "BE"): Ipv4 {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(printed);
  return (order === "BE" ? printed : bytes.readUInt32LE()) as Ipv4;
}
