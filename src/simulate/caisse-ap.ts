/**
 * Caisse-AP over IP on the wire: how a message is read and printed.
 *
 * A message is ASCII fields one after another: a tag of two letters, a length of three digits, the value. `CZ` comes
 * first, the order of the others means nothing, and unknown tags may appear. There is no header, no total length and no
 * terminator, so this file reads what has come so far; `messages.ts` says when that is enough.
 * Source: Association du Paiement, "protocole caisse" (https://www.associationdupaiement.fr/protocoles/protocole-caisse/)
 * and the public simulator https://github.com/akretion/caisse-ap-ip.
 *
 * Promises that any cut of the bytes gives the same reading, and that memory stays below the limit plus one field.
 */

/** One field: two capital letters, and at most 999 characters of one byte each (Latin-1, so that no byte is lost). */
export interface Field {
  readonly tag: string;
  readonly value: string;
}

/** Fields in the order they came; a tag may come more than once. */
export type Message = readonly Field[];

/** Why bytes are no message. Nothing of them is repeated in it: an answer may hold a card number. */
export type Unreadable = "first-tag-not-CZ" | "tag-not-letters" | "length-not-digits" | "too-long" | "cut-short";

/** What the bytes that have come so far amount to. */
export interface Reading {
  /** The fields that are whole. */
  readonly fields: Message;
  /** The beginning of the next field; empty where the bytes end with a whole field. */
  readonly rest: string;
  /** Bytes of the whole fields and the rest; after a refusal, the place of the field that could not be read. */
  readonly bytes: number;
  /** Set once and for good; bytes that come later change nothing. */
  readonly unreadable?: Unreadable;
}

/** The most a request may hold, in bytes; those seen in public tills have about 60. */
export const REQUEST_LIMIT = 4096;
/** The most an answer may hold, in bytes: a receipt of 64 KiB and a good deal more. */
export const ANSWER_LIMIT = 1_048_576;

/** The reading to start from. */
export const NOTHING_READ: Reading = { fields: [], rest: "", bytes: 0 };

const HEADER = 5;

/** Reads on. At most `limit` bytes (default: that of a request) are looked at, all calls together; one more refuses. */
export function readMore(reading: Reading, chunk: Uint8Array, limit: number = REQUEST_LIMIT): Reading {
  if (reading.unreadable) return reading;
  const room = limit - reading.bytes;
  const text = reading.rest + latin1(chunk.subarray(0, room));
  const first = reading.fields.length === 0;
  const { fields, used, unreadable } = wholeFields(text, first);
  const read = { fields: [...reading.fields, ...fields], bytes: reading.bytes - reading.rest.length + used };
  if (unreadable) return { ...read, rest: "", unreadable };
  if (chunk.length > room) return { ...read, rest: "", unreadable: "too-long" };
  return { fields: read.fields, rest: text.slice(used), bytes: read.bytes + text.length - used };
}

/** Reads a message that is all there; `cut-short` where a field lacks its end, or there is no field at all. */
export function parseMessage(bytes: Uint8Array, limit: number = REQUEST_LIMIT): Message | Unreadable {
  const { fields, rest, unreadable } = readMore(NOTHING_READ, bytes, limit);
  if (unreadable) return unreadable;
  return rest !== "" || fields.length === 0 ? "cut-short" : fields;
}

/** Prints a message; `parseMessage(printMessage(m))` gives `m`. A field that cannot be printed is a `RangeError`. */
export function printMessage(message: Message): Buffer {
  if (message[0]?.tag !== "CZ") throw new RangeError("a Caisse-AP message begins with CZ");
  return Buffer.from(message.map(printField).join(""), "latin1");
}

/** The value of the first field with this tag. */
export function valueOf(message: Message, tag: string): string | undefined {
  return message.find((field) => field.tag === tag)?.value;
}

function printField({ tag, value }: Field): string {
  if (!/^[A-Z]{2}$/.test(tag)) throw new RangeError("a Caisse-AP tag has two capital letters");
  // Without the value in the message: it may be a card number.
  if (!/^[\0-\xff]{0,999}$/.test(value)) throw new RangeError(`the value of ${tag} is not 0 to 999 bytes`);
  return `${tag}${String(value.length).padStart(3, "0")}${value}`;
}

interface Taken {
  readonly fields: Field[];
  readonly used: number;
  readonly unreadable?: Unreadable;
}

function wholeFields(text: string, first: boolean): Taken {
  const fields: Field[] = [];
  let used = 0;
  while (used + HEADER <= text.length) {
    const header = readHeader(text.slice(used, used + HEADER), first && used === 0);
    if (typeof header === "string") return { fields, used, unreadable: header };
    const end = used + HEADER + header.length;
    if (end > text.length) break;
    fields.push({ tag: header.tag, value: text.slice(used + HEADER, end) });
    used = end;
  }
  return { fields, used };
}

function readHeader(header: string, first: boolean): { readonly tag: string; readonly length: number } | Unreadable {
  const tag = header.slice(0, 2);
  if (!/^[A-Z]{2}$/.test(tag)) return "tag-not-letters";
  if (first && tag !== "CZ") return "first-tag-not-CZ";
  const digits = header.slice(2);
  if (!/^\d{3}$/.test(digits)) return "length-not-digits";
  return { tag, length: Number(digits) };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
