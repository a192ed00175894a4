/** Answers of a gateway that nobody runs, for the pure parts of `ecluse top`. */
import type { FlowState } from "../../src/answers/flow-state.ts";
import type { OverviewAnswer } from "../../src/answers/overview.ts";
import type { SessionAnswer } from "../../src/answers/sessions.ts";

const NOW = Date.UTC(2026, 10, 1, 12);

/** A flow for each of these states, in a depot of its own. */
export function overviewAnswer(given: Partial<OverviewAnswer> = {}, states: readonly FlowState[] = []): OverviewAnswer {
  const terminals = states.map((state, index) => ({ flow: `f${index}`, port: 12_201 + index, state, sessions: 0 }));
  return {
    now: NOW,
    events: "0123456789ab-7",
    language: "en",
    version: "0.1.0",
    inventory: { number: 3, at: NOW - 60_000, author: "ana", hash: "ab".repeat(32) },
    pending: null,
    sessions: { open: 1, most: 4_096 },
    counts: { sessions: 10, refusals: 20 },
    depots: [{ depot: 22, name: null, terminals }],
    others: [],
    refusals: [],
    recent: [],
    inside: [],
    attention: [],
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
