/**
 * Where the bytes of a dialled socket are read to: one room for all of them instead of 64 KiB made for each read.
 *
 * Only `connect` takes `onread`, so what comes in by a door is read as ever. What was read leaves the shared room as a copy of
 * its own length, before anybody else reads into it, for it may have to wait to be written. Whoever fills the room sends in
 * bulk, and to copy all of that would cost more than it spares: from then on, each read has a room of its own.
 */
import type { OnReadOpts } from "node:net";

/** As much as Node has for a read itself. */
const ROOM_BYTES = 65_536;

const shared = Buffer.allocUnsafeSlow(ROOM_BYTES);

/** The `onread` of one socket. `take` is given each chunk, which nobody else holds. */
export function readingInto(take: (chunk: Buffer) => void): OnReadOpts {
  let room = shared;
  return {
    buffer: () => room,
    callback: (length) => {
      const read = room.subarray(0, length);
      const chunk = room === shared ? Buffer.from(read) : read;
      room = length < ROOM_BYTES ? shared : Buffer.allocUnsafeSlow(ROOM_BYTES);
      take(chunk);
      return true;
    },
  };
}
