/**
 * Netlink's messages as bytes: a head of 16 bytes, that of netfilter of four more, then attributes, which may hold others
 * (linux/netlink.h, linux/netfilter/nfnetlink.h). Lengths and heads are in the machine's order, little-endian on all that
 * Node 24 is built for but s390x, values in the network's.
 *
 * Read where they stand, and nothing made of them, for several thousand may come in a second.
 */

/** The head's: nothing is said; an answer to what was asked, or its failure; a list is over; some were lost. */
export const NOTHING = 1;
export const ANSWER = 2;
export const DONE = 3;
export const LOST = 4;

/** The flags of a request: to be obeyed; to be answered with everything. */
export const REQUEST = 0x1;
export const DUMP = 0x300;
/** To be answered when it was obeyed, too; to make what is not there. */
export const ACKNOWLEDGE = 0x4;
export const CREATE = 0x400;
/** That of an answer: what is listed was changed meanwhile, so the list may be of before and after. */
export const INTERRUPTED = 0x10;

const HEAD = 16;
const NETFILTER_HEAD = 4;
const IPV4 = 2;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const NESTED = 0x8000;
const TYPE = 0x3fff;

/** A whole message stands in `bytes` from `at` on, for the time of the call. */
export type TakeMessage = (bytes: Uint8Array, at: number) => void;

/** Takes bytes as they come, and gives them away message by message. */
export class Messages {
  readonly #take: TakeMessage;
  #rest: Uint8Array = new Uint8Array();

  constructor(take: TakeMessage) {
    this.#take = take;
  }

  /** The chunk is not kept. `false`: what came cannot be a message, and nobody knows where the next begins. */
  push(chunk: Uint8Array): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const size = sizeOf(bytes, at);
      if (size < HEAD) return false;
      if (at + size > bytes.length) break;
      this.#take(bytes, at);
      at += aligned(size);
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return true;
  }
}

export function sizeOf(bytes: Uint8Array, at: number): number {
  return hostShort(bytes, at) + hostShort(bytes, at + 2) * 0x1_0000;
}

export function typeOf(bytes: Uint8Array, at: number): number {
  return hostShort(bytes, at + 4);
}

export function flagsOf(bytes: Uint8Array, at: number): number {
  return hostShort(bytes, at + 6);
}

/** The number of the request that it answers; 0 for what is said unasked. */
export function sequenceOf(bytes: Uint8Array, at: number): number {
  return hostShort(bytes, at + 8) + hostShort(bytes, at + 10) * 0x1_0000;
}

/** Whose request it goes back to; 0 for the kernel's own doing. */
export function portOf(bytes: Uint8Array, at: number): number {
  return hostShort(bytes, at + 12) + hostShort(bytes, at + 14) * 0x1_0000;
}

/** Of an `ANSWER`, or the end of a list: the system's number for what stood in the way (ENOENT is 2); 0 for none. */
export function failureOf(bytes: Uint8Array, at: number): number {
  if (sizeOf(bytes, at) < HEAD + 4) return 0;
  return -(hostShort(bytes, at + HEAD) | (hostShort(bytes, at + HEAD + 2) << 16));
}

/**
 * Where each attribute's value begins, by its type: written into `places`, 0 for one that is absent. Types beyond it are
 * passed over.
 */
export function placeMessage(bytes: Uint8Array, at: number, places: Int32Array): void {
  place(bytes, at + HEAD + NETFILTER_HEAD, at + sizeOf(bytes, at), places);
}

/** The same of the attributes within the one whose value begins at `at`; of none where there is none, or at 0. */
export function placeNested(bytes: Uint8Array, at: number | undefined, places: Int32Array): void {
  if (at) place(bytes, at, at - 4 + hostShort(bytes, at - 4), places);
  else places.fill(0);
}

function place(bytes: Uint8Array, from: number, end: number, places: Int32Array): void {
  places.fill(0);
  for (let at = from; isAttribute(bytes, at, end); at += aligned(hostShort(bytes, at))) {
    const type = hostShort(bytes, at + 2) & TYPE;
    if (type < places.length) places[type] = at + 4;
  }
}

/** Where the value of each attribute begins within the one whose value begins at `at`: a list has many of one type. */
export function eachNested(bytes: Uint8Array, at: number | undefined, take: (at: number) => void): void {
  if (!at) return;
  const end = at - 4 + hostShort(bytes, at - 4);
  for (let each = at; isAttribute(bytes, each, end); each += aligned(hostShort(bytes, each))) take(each + 4);
}

function isAttribute(bytes: Uint8Array, at: number, end: number): boolean {
  const size = hostShort(bytes, at);
  return at + 4 <= end && size >= 4 && at + size <= end;
}

/** How long the value is that begins at `at`, in bytes. */
export function lengthOf(bytes: Uint8Array, at: number): number {
  return hostShort(bytes, at - 4) - 4;
}

function hostShort(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Of values: 0 where there is none, or its place is 0. `quad` is exact up to 2^53. */
export function short(bytes: Uint8Array, at: number | undefined): number {
  return at ? networkShort(bytes, at) : 0;
}

export function long(bytes: Uint8Array, at: number | undefined): number {
  return at ? networkShort(bytes, at) * 0x1_0000 + networkShort(bytes, at + 2) : 0;
}

export function quad(bytes: Uint8Array, at: number | undefined): number {
  return at ? long(bytes, at) * 0x1_0000_0000 + long(bytes, at + 4) : 0;
}

function networkShort(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** About IPv4. */
export function request(type: number, flags: number, sequence: number, attributes: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(HEAD + NETFILTER_HEAD);
  const message = Buffer.concat([head, ...attributes]);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(REQUEST | flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.writeUInt8(IPV4, HEAD);
  return message;
}

/**
 * Requests to one of netfilter's subsystems as one: all of them are obeyed, or none. Each refusal is answered, and whatever
 * asks to be acknowledged.
 */
export function batch(subsystem: number, sequence: number, requests: readonly Uint8Array[]): Uint8Array {
  const [begin, end] = [BATCH_BEGIN, BATCH_END].map((type) => {
    const fence = Buffer.from(request(type, 0, sequence, []));
    fence.writeUInt8(0, HEAD);
    fence.writeUInt16BE(subsystem, HEAD + 2);
    return fence;
  });
  return Buffer.concat([begin, ...requests, end].filter((part) => part !== undefined));
}

export function attribute(type: number, value: Uint8Array): Uint8Array {
  const written = Buffer.alloc(aligned(4 + value.length));
  written.writeUInt16LE(4 + value.length, 0);
  written.writeUInt16LE(type, 2);
  written.set(value, 4);
  return written;
}

export function nested(type: number, attributes: readonly Uint8Array[]): Uint8Array {
  return attribute(NESTED | type, Buffer.concat(attributes));
}

/** As names are written: ended by a zero. */
export function name(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}

/** `size`: in bytes. */
export function value(number: number, size: 1 | 2 | 4): Uint8Array {
  const written = Buffer.alloc(size);
  written.writeUIntBE(number, 0, size);
  return written;
}

function aligned(size: number): number {
  return (size + 3) & ~3;
}
