/** The limits of a gateway: what holds where nothing is written, and between which bounds. docs/inventory.md says why. */
import type { Limits } from "./model.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Default, least and most, in milliseconds. */
export const TIMES = {
  connect: { usual: 5 * SECOND, least: 100, most: 60 * SECOND },
  idle: { usual: 300 * SECOND, least: SECOND, most: 24 * HOUR },
  halfClosed: { usual: 30 * SECOND, least: 100, most: HOUR },
  stalled: { usual: 60 * SECOND, least: SECOND, most: HOUR },
  keepalive: { usual: 30 * SECOND, least: SECOND, most: 2 * HOUR },
  drain: { usual: 200 * SECOND, least: 0, most: HOUR },
} as const;

/** Sessions at once that anything may be given. */
export const MOST_SESSIONS = 100_000;

export const USUAL_LIMITS: Limits = {
  connect: TIMES.connect.usual,
  idle: TIMES.idle.usual,
  halfClosed: TIMES.halfClosed.usual,
  stalled: TIMES.stalled.usual,
  keepalive: TIMES.keepalive.usual,
  drain: TIMES.drain.usual,
  sessions: 4_096,
  perSource: 256,
};
