/**
 * The PROXY protocol's header, read and written: the first bytes of a connection, by which a balancer says whom it speaks for.
 *
 * Pure. Reads strictly by the specification (haproxy.org, proxy-protocol.txt, sections 2.1 and 2.2): what is not exactly
 * a header is none, and nothing is guessed. Beyond it, only what a filter of IPv4 sources can judge is taken: TCP over IPv4
 * from an address and port that a connection can come from. The specification lets a receiver fall back to the peer's own
 * address for the rest (UNKNOWN, UNSPEC); here that would let everybody in who may come as the balancer, so it is a fault.
 * The destination is only read: nothing rests on it.
 */
import { formatAddress, type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { HeaderProblem } from "../records.ts";

/**
 * Bytes that a header may have. Version 1: the specification's worst case, CRLF included. Version 2: what fits in the
 * smallest segment that every host takes (576 - 40), as both formats are meant to; far more than addresses and the usual
 * TLVs need.
 */
export const LONGEST_V1 = 107;
export const LONGEST_V2 = 536;

/** What can be wrong with a header that needs no waiting for. */
export type HeaderFault = Exclude<HeaderProblem, "incomplete">;

export type HeaderReading =
  /** A header may begin like this: more bytes are needed. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "fault"; readonly fault: HeaderFault }
  /** The balancer speaks for itself: a health check. `length` in bytes. */
  | { readonly kind: "local"; readonly length: number }
  /** It speaks for `source`. What comes after `length` bytes is the source's own. */
  | {
      readonly kind: "proxied";
      readonly source: Endpoint;
      readonly destination: Endpoint;
      readonly length: number;
    };

const INCOMPLETE: HeaderReading = { kind: "incomplete" };
const V1_BEGINS = Buffer.from("PROXY ");
const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
/** Signature, version and command, family and protocol, length of the rest. */
const V2_FIXED = 16;
/** Two addresses and two ports. */
const V2_INET = 12;

/**
 * Reads the header at the beginning of `bytes`, which is all that has come so far. Says that there is none as soon as
 * that is sure, and never wants more than `LONGEST_V2` bytes.
 */
export function readHeader(bytes: Buffer): HeaderReading {
  if (begins(bytes, SIGNATURE)) return bytes.length < V2_FIXED ? readV2Start(bytes) : readV2(bytes);
  if (begins(bytes, V1_BEGINS)) return readV1(bytes);
  return fault("malformed");
}

/** Whether the bytes begin with all of `start`, or are its beginning. */
function begins(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function readV1(bytes: Buffer): HeaderReading {
  const end = bytes.subarray(0, LONGEST_V1).findIndex((byte) => byte === 0x0d || byte === 0x0a);
  if (end < 0) return bytes.length < LONGEST_V1 ? INCOMPLETE : fault("malformed");
  const length = end + 2;
  if (bytes[end] !== 0x0d || length > LONGEST_V1) return fault("malformed");
  if (bytes.length < length) return INCOMPLETE;
  if (bytes[end + 1] !== 0x0a) return fault("malformed");
  return readLine(bytes.toString("latin1", 0, end), length);
}

function readLine(line: string, length: number): HeaderReading {
  const [, family = "", from = "", to = "", fromPort = "", toPort = "", ...more] = line.split(" ");
  if (family === "UNKNOWN" || family === "TCP6") return fault("not-ipv4");
  const source = endpointOf(from, fromPort);
  const destination = endpointOf(to, toPort);
  if (family !== "TCP4" || more.length > 0 || source === undefined || destination === undefined) {
    return fault("malformed");
  }
  return proxied(source, destination, length);
}

/** Numbers without leading zeros, addresses as `node:net` judges them. */
function endpointOf(text: string, digits: string): Endpoint | undefined {
  const address = parseAddress(text);
  if (address === undefined || !/^(?:0|[1-9]\d{0,4})$/.test(digits) || Number(digits) > 65_535) return undefined;
  return { address, port: Number(digits) };
}

/** The byte behind the signature, where it has come, must be right for the rest to be worth waiting for. */
function readV2Start(bytes: Buffer): HeaderReading {
  const command = bytes[SIGNATURE.length];
  return command === undefined || isCommand(command) ? INCOMPLETE : fault("malformed");
}

/** Version 2, and LOCAL or PROXY. */
function isCommand(byte: number): boolean {
  return byte === 0x20 || byte === 0x21;
}

function readV2(bytes: Buffer): HeaderReading {
  const command = bytes.readUInt8(12);
  const length = V2_FIXED + bytes.readUInt16BE(14);
  if (!isCommand(command) || length > LONGEST_V2) return fault("malformed");
  // Of a LOCAL header the specification has the rest skipped, whatever it says.
  if (command === 0x21) {
    const wrong = faultOfFamily(bytes.readUInt8(13), length);
    if (wrong !== undefined) return fault(wrong);
  }
  if (bytes.length < length) return INCOMPLETE;
  return command === 0x20 ? { kind: "local", length } : readV2Addresses(bytes.subarray(0, length));
}

/** Families (high half) and protocols (low half) that the specification knows: 0 to 3, and 0 to 2. */
function faultOfFamily(family: number, length: number): HeaderFault | undefined {
  if (family >>> 4 > 3 || (family & 0xf) > 2) return "malformed";
  if (family !== 0x11) return "not-ipv4";
  return length < V2_FIXED + V2_INET ? "malformed" : undefined;
}

function readV2Addresses(header: Buffer): HeaderReading {
  const wrong = faultOfVectors(header);
  if (wrong !== undefined) return fault(wrong);
  const at = (address: number, port: number): Endpoint => {
    return { address: header.readUInt32BE(address) as Ipv4, port: header.readUInt16BE(port) };
  };
  return proxied(at(16, 24), at(20, 26), header.length);
}

/** The type of the vector that holds the header's own checksum. */
const CRC32C = 0x03;

/** Type-length-value vectors fill the header to its end; all are skipped but the checksum. */
function faultOfVectors(header: Buffer): HeaderFault | undefined {
  let checked = false;
  for (let at = V2_FIXED + V2_INET; at < header.length;) {
    const value = at + 3;
    const next = value > header.length ? Infinity : value + header.readUInt16BE(at + 1);
    if (next > header.length) return "malformed";
    if (header[at] === CRC32C) {
      if (checked || next - value !== 4) return "malformed";
      checked = true;
      if (header.readUInt32BE(value) !== checksumWithout(header, value)) return "checksum";
    }
    at = next;
  }
  return undefined;
}

/** The CRC32c of the header with zeros for the four bytes at `hole`, where it stands itself. */
function checksumWithout(header: Buffer, hole: number): number {
  return crc32c(Buffer.from(header).fill(0, hole, hole + 4));
}

/** CRC32c (RFC 3720, appendix B.4), bit by bit: a few hundred bytes at most, and few balancers send it. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

function proxied(source: Endpoint, destination: Endpoint, length: number): HeaderReading {
  return isUsable(source) ? { kind: "proxied", source, destination, length } : fault("unusable-source");
}

/** No connection comes from 0.0.0.0/8, multicast or beyond (RFC 6890, RFC 5771), or from port 0. */
function isUsable({ address, port }: Endpoint): boolean {
  const first = address >>> 24;
  return first !== 0 && first < 224 && port !== 0;
}

function fault(why: HeaderFault): HeaderReading {
  return { kind: "fault", fault: why };
}

/** The header that says `source` came to `destination`, over TCP and IPv4; version 2 without vectors. */
export function writeHeader(version: "v1" | "v2", source: Endpoint, destination: Endpoint): Buffer {
  if (version === "v1") {
    const addresses = `${formatAddress(source.address)} ${formatAddress(destination.address)}`;
    return Buffer.from(`PROXY TCP4 ${addresses} ${source.port} ${destination.port}\r\n`, "latin1");
  }
  const header = Buffer.alloc(V2_FIXED + V2_INET);
  SIGNATURE.copy(header);
  header.writeUInt16BE(0x2111, 12);
  header.writeUInt16BE(V2_INET, 14);
  header.writeUInt32BE(source.address, 16);
  header.writeUInt32BE(destination.address, 20);
  header.writeUInt16BE(source.port, 24);
  header.writeUInt16BE(destination.port, 26);
  return header;
}
