/**
 * IPv4 addresses and networks: how they are read, written and compared.
 *
 * Promises that one address has one verdict however it was spelt, and that a text which is not exactly an address or
 * a network is never taken for one. Whoever may come in is decided elsewhere; this file only says what was written.
 */
import { isIPv4, isIPv6 } from "node:net";

declare const ipv4: unique symbol;

/** An IPv4 address as an unsigned 32-bit number, most significant octet first: `192.0.2.1` is 0xc0000201. */
export type Ipv4 = number & { readonly [ipv4]: true };

/** An IPv4 network: its first address (no host bits) and its prefix length, 0 to 32. */
export interface Network {
  readonly address: Ipv4;
  readonly prefix: number;
}

/** Why a text is not a network. `host-bits` carries the network that the writer probably meant. */
export type NetworkProblem =
  { readonly kind: "address" } | { readonly kind: "prefix" } | { readonly kind: "host-bits"; readonly meant: Network };

/** Reads a dotted quad, exactly: four decimal octets without leading zeros. Anything else is `undefined`. */
export function parseAddress(text: string): Ipv4 | undefined {
  return isIPv4(text) ? dottedQuad(text) : undefined;
}

/** Writes an address as a dotted quad; `parseAddress(formatAddress(a)) === a`. */
export function formatAddress(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/**
 * Reads `a.b.c.d` (a network of one address) or `a.b.c.d/n` with n from 0 to 32 in plain decimal and no host bits.
 * Returns the network, or why the text is none.
 */
export function parseNetwork(text: string): Network | NetworkProblem {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return { kind: "address" };
  if (slash < 0) return { address, prefix: 32 };
  const digits = text.slice(slash + 1);
  // Plain decimal only: "/", "/0x8", "/-1", "/08" and "/ 8" each mean something else to some other program.
  if (!/^(?:0|[1-9]\d?)$/.test(digits)) return { kind: "prefix" };
  const prefix = Number(digits);
  if (prefix > 32) return { kind: "prefix" };
  const base = (address & mask(prefix)) >>> 0;
  if (base !== address) return { kind: "host-bits", meant: { address: base as Ipv4, prefix } };
  return { address, prefix };
}

/** Writes a network; a network of one address is written without its `/32`. */
export function formatNetwork(network: Network): string {
  const address = formatAddress(network.address);
  return network.prefix === 32 ? address : `${address}/${network.prefix}`;
}

/** The last address of a network. */
export function lastAddress(network: Network): Ipv4 {
  return ((network.address | ~mask(network.prefix)) >>> 0) as Ipv4;
}

/** Whether the network holds the address. */
export function contains(network: Network, address: Ipv4): boolean {
  return (address & mask(network.prefix)) >>> 0 === network.address;
}

/** Whether two networks share an address. */
export function overlaps(a: Network, b: Network): boolean {
  return a.prefix <= b.prefix ? contains(a, b.address) : contains(b, a.address);
}

/**
 * Reads a peer's address as a socket gives it (`socket.remoteAddress`): a dotted quad, or any spelling of an
 * IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), which a dual-stack socket reports for IPv4 peers.
 * Everything else is `undefined`, which every caller must refuse: other IPv6 addresses, a zone identifier, a closed
 * socket's `undefined`.
 */
export function peerAddress(text: string | undefined): Ipv4 | undefined {
  if (text === undefined) return undefined;
  if (isIPv4(text)) return dottedQuad(text);
  if (text.includes("%") || !isIPv6(text)) return undefined;
  const groups = expandIpv6(text);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped) return undefined;
  return (((groups[6] ?? 0) * 0x10000 + (groups[7] ?? 0)) >>> 0) as Ipv4;
}

/** Only for a text that `isIPv4` accepted. */
function dottedQuad(text: string): Ipv4 {
  let address = 0;
  let octet = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      address = address * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - 48;
    }
  }
  return (address * 256 + octet) as Ipv4;
}

/** The eight groups of an address that `isIPv6` accepted and that has no zone. */
function expandIpv6(text: string): readonly number[] {
  const [head = "", tail] = text.split("::");
  const before = groupsOf(head);
  if (tail === undefined) return before;
  const after = groupsOf(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const quad = dottedQuad(group);
    return [quad >>> 16, quad & 0xffff];
  });
}

/** JavaScript shifts by the count modulo 32, so a prefix of 0 needs its own answer. */
function mask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}
