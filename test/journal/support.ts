/** A journal for tests: a folder of its own, short periods, rows in one line. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionRecord } from "../../src/engine/records.ts";
import { type Journal, type JournalOptions, openJournal } from "../../src/journal/journal.ts";
import type { TalliedRefusal } from "../../src/observe/refusals.ts";
import { ipv4, until } from "../support/loopback.ts";
import { systemClock } from "../support/relay.ts";

export const NOON = Date.UTC(2026, 11, 1, 12);
export const MINUTE = 60_000;
export const DAY = 86_400_000;

export interface Folder extends Disposable {
  readonly file: string;
  readonly path: string;
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "ecluse-journal-"));
  return {
    path,
    file: join(path, "journal.db"),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

export function journal(file: string, options: Partial<JournalOptions> = {}): Journal {
  return openJournal({ file, keep: 400 * DAY, size: 2e9, clock: systemClock, period: 5, pause: 10, ...options });
}

export function session(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    flow: "depot22-tpe03",
    endpoint: { address: ipv4("198.51.100.10"), port: 12203 },
    source: ipv4("203.0.113.7"),
    target: { address: ipv4("172.17.22.12"), port: 8888 },
    rule: "odoo",
    startedAt: NOON,
    duration: 1_000,
    bytesToTarget: 54,
    bytesToClient: 120,
    outcome: "closed",
    by: "client",
    ...changes,
  };
}

export function refusal(changes: Partial<TalliedRefusal> = {}): TalliedRefusal {
  return {
    flow: "depot22-tpe03",
    source: ipv4("192.0.2.66"),
    outcome: "denied",
    reason: "not-listed",
    count: 1,
    ...changes,
  };
}

/** Waits until nothing waits to be written. */
export function written(opened: Journal): Promise<void> {
  return until(
    () => Object.values(opened.health.waiting).every((rows) => rows === 0) && opened.health.state === "writing",
    "everything written",
  );
}
