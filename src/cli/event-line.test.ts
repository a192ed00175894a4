import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { StreamEvent } from "../observe/stream-events.ts";
import { eventLine } from "./event-line.ts";
import { formatInstant } from "./instant.ts";

const [AT, NOW] = [Date.UTC(2026, 10, 1, 12), Date.UTC(2026, 10, 1, 13)];
const session = { session: 7, flow: "depot22-tpe01", source: "203.0.113.7", rule: "odoo", started: AT };
const bytes = { duration: 90_000, bytesToTarget: 54, bytesToClient: 1_200 };

const LINES: readonly (readonly [StreamEvent, number, string])[] = [
  [{ event: "began", data: session }, AT, "began     depot22-tpe01 from 203.0.113.7 (odoo)"],
  [
    { event: "ended", data: { ...session, ...bytes, outcome: "reset", by: "target", cause: "ECONNRESET" } },
    AT + 90_000,
    "ended     depot22-tpe01 from 203.0.113.7: reset by target (ECONNRESET) after 1 m 30 s; 54 B to it, 1.2 kB back",
  ],
  [
    {
      event: "refused",
      data: { source: "192.0.2.66", flow: "flow/x", outcome: "denied", reason: "not-listed", count: 12, at: AT },
    },
    AT,
    "refused   192.0.2.66 at flow/x 12 times (not-listed)",
  ],
  [
    {
      event: "refused",
      data: { source: null, flow: null, outcome: "denied", reason: "many-sources", count: 1, at: AT },
    },
    AT,
    "refused   many at several doors 1 time (many-sources)",
  ],
  [
    { event: "changed", data: { what: "operated", by: "ana\u001b[2J", detail: "closed: flow/x", at: AT } },
    AT,
    "changed   operated by ana\\u{1b}[2J: closed: flow/x",
  ],
  [
    { event: "health", data: { flow: "flow/x", state: "down", since: AT, cause: "connect" } },
    AT,
    "down      flow/x (connect)",
  ],
  [{ event: "health", data: { flow: "flow/x", state: "up", since: AT } }, AT, "up        flow/x"],
  [
    { event: "door", data: { flow: "flow/x", endpoint: "198.51.100.10:4102", state: "blocked" } },
    NOW,
    "blocked   flow/x at 198.51.100.10:4102",
  ],
  [{ event: "shield", data: { state: "up" } }, NOW, "shield    up: strangers are refused by the kernel"],
  [{ event: "lost", data: {} }, NOW, "lost      something was missed: the journal has what ended and who was refused"],
];

suite("eventLine", () => {
  for (const [event, at, text] of LINES) {
    test(text.slice(0, 40), () => assert.equal(eventLine(event, NOW), `${formatInstant(at)}  ${text}`));
  }
});
