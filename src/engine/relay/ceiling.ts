/**
 * How many sessions the process has descriptors for.
 *
 * At the descriptor limit Node closes accepted sockets silently, with no event to count. So the gateway keeps its own
 * ceiling below that limit, and refuses with RST and a record what would pass it.
 */
import { readFileSync } from "node:fs";

/** Left free for what is not a session: the runtime's own descriptors, the log, files, a burst of accepted sockets. */
const RESERVE = 64;

/** Sessions that fit beside `listeners` open doors; each takes two descriptors. At least 0. */
export function sessionCeiling(limit: number, listeners: number): number {
  return Math.max(0, Math.floor((limit - listeners - RESERVE) / 2));
}

/**
 * The soft limit on open descriptors of this process (Node raises it to the hard limit at start). Where the system does
 * not tell, POSIX's least usual value, 1,024: too low a ceiling refuses with a record, too high a one fails unseen.
 */
export function descriptorLimit(read: () => string = readLimits): number {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(attempt(read) ?? "")?.[1];
  if (found === "unlimited") return Number.MAX_SAFE_INTEGER;
  return found === undefined ? 1_024 : Number(found);
}

function readLimits(): string {
  return readFileSync("/proc/self/limits", "utf8");
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
