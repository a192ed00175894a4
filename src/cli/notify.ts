/**
 * Tells systemd how this process is: sd_notify(3), by the program `systemd-notify`, for Node has no datagram socket of
 * that family. Without NOTIFY_SOCKET nobody listens, and nothing is done.
 */
import { execFile } from "node:child_process";
import type { GatewayEvent } from "../observe/events.ts";

/** The manager answers within milliseconds; a payment does not wait longer for it than this. */
const PATIENCE = 5_000;

export type Notify = (...assignments: readonly string[]) => Promise<void>;

/** Never rejects: what could not be told is an event. */
export function systemdNotify(env: NodeJS.ProcessEnv, tell: (event: GatewayEvent) => void): Notify {
  if (env["NOTIFY_SOCKET"] === undefined) return () => Promise.resolve();
  return (...assignments) =>
    new Promise((resolve) => {
      execFile("systemd-notify", assignments, { timeout: PATIENCE }, (error) => {
        if (error !== null) tell({ event: "not-notified", message: error.message.trim() });
        resolve();
      });
    });
}
