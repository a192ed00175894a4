/** Answers of a gateway that nobody runs, for the pure parts of `ecluse top`. */
import type { SessionAnswer } from "../../src/answers/sessions.ts";
import type { StatusAnswer } from "../../src/answers/status.ts";

const NOW = Date.UTC(2026, 10, 1, 12);

export function statusAnswer(given: Partial<StatusAnswer> = {}): StatusAnswer {
  const none = { sessions: 0, refusals: 0, changes: 0 };
  return {
    now: NOW,
    inventory: { number: 3, at: NOW - 60_000, author: "ana", hash: "ab".repeat(32) },
    pending: null,
    flows: 40,
    doors: { open: 40, blocked: [] },
    sessions: { open: 1, most: 4_096, elsewhere: 0 },
    counts: { sessions: 10, refusals: 20 },
    operations: [],
    grants: { list: [], aside: [] },
    journal: { state: "writing", waiting: none, dropped: none, setAside: [], crashes: 0, file: "/j" },
    ...given,
  };
}

export function sessionAnswer(given: Partial<SessionAnswer> = {}): SessionAnswer {
  return {
    flow: "depot22-tpe01",
    source: "203.0.113.7",
    endpoint: "198.51.100.10:12201",
    target: "172.17.22.10:8888",
    rule: "odoo",
    started: "2026-11-01T11:59:00.000Z",
    duration: 60_000,
    bytesToTarget: 0,
    bytesToClient: 0,
    phase: "open",
    leaving: false,
    ...given,
  };
}
