/**
 * The bytes on the wire, shared by the load generator and the backend so that each can verify the other's.
 *
 * A request is 60 bytes: what it asks for, a number, a fixed filling. A small answer is 300 bytes and carries the
 * request's number and the address of the terminal that answers, so that an answer to another request, and one of
 * another terminal, are seen.
 */

export const REQUEST_BYTES = 60;
export const ANSWER_BYTES = 300;

/** A bulk answer repeats these many bytes; the receiver compares every byte of it. */
export const BULK_PERIOD = 65_536;

/** One small answer, or `number` MiB of bulk. */
export type Asked = "answer" | "bulk";

const KINDS: Readonly<Record<Asked, number>> = { answer: 0x52, bulk: 0x42 };
const REQUEST_FILLING = filling(REQUEST_BYTES, 7);
const ANSWER_FILLING = filling(ANSWER_BYTES, 11);

/** A request for an answer with this number, or for this number of MiB. */
export function requestFor(asked: Asked, number: number): Buffer {
  const request = Buffer.from(REQUEST_FILLING);
  request.writeUInt8(KINDS[asked], 0);
  request.writeUInt32BE(number, 4);
  return request;
}

/** The answer of the terminal with this IPv4 address to the request with this number. */
export function answerFor(number: number, terminal: string): Buffer {
  const answer = Buffer.from(ANSWER_FILLING);
  answer.writeUInt32BE(number, 4);
  answer.write(terminal.padEnd(15), 8, "latin1");
  return answer;
}

/** What a complete request asks for, or `undefined` where any byte of it is wrong. */
export function readRequest(request: Buffer): { readonly asked: Asked; readonly number: number } | undefined {
  const number = request.readUInt32BE(4);
  for (const asked of ["answer", "bulk"] as const) {
    if (request.equals(requestFor(asked, number))) return { asked, number };
  }
  return undefined;
}

/** `periods` periods of the bulk answer. */
export function bulkPattern(periods: number): Buffer {
  return Buffer.concat(Array.from({ length: periods }, () => filling(BULK_PERIOD, 13)));
}

/** Bytes that differ from their neighbours and from those a power of two away. */
function filling(length: number, step: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * step + (index >> 8) * 31) & 0xff));
}
