import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { GatewayEvent } from "../observe/events.ts";
import type { DroppedEvent } from "./log-writer.ts";
import { prettyLine, prettyWords } from "./pretty.ts";

const SESSION = {
  event: "session",
  flow: "depot22-tpe01",
  source: "203.0.113.7",
  endpoint: "198.51.100.10:12201",
  target: "172.17.22.10:8888",
  rule: "odoo",
  started: "2026-11-01T08:30:00.005Z",
  duration: 1_235,
  bytesToTarget: 56,
  bytesToClient: 95,
  outcome: "closed",
  by: "client",
} as const;

const REFUSED = {
  event: "refused",
  flow: "depot01-tpe01",
  source: "192.0.2.66",
  outcome: "denied",
  reason: "not-listed",
  count: 1,
} as const;

const LINES: readonly (readonly [GatewayEvent | DroppedEvent, string])[] = [
  [{ event: "ready", doors: 7128, blocked: 0, flows: 7128 }, "ready: 7128 doors open"],
  [{ event: "ready", doors: 1, blocked: 2, flows: 3 }, "ready: 1 door open, 2 blocked"],
  [SESSION, "closed      depot22-tpe01  203.0.113.7 as odoo, 1235 ms, 56 B to it, 95 B back, by the client"],
  [
    { ...SESSION, outcome: "dial-failed", by: "target", cause: "ECONNREFUSED" },
    "dial-failed depot22-tpe01  203.0.113.7 as odoo, 1235 ms, 56 B to it, 95 B back, by the target (ECONNREFUSED)",
  ],
  [REFUSED, "refused     depot01-tpe01  192.0.2.66: not-listed"],
  [{ ...REFUSED, count: 40 }, "refused     depot01-tpe01  192.0.2.66 40 times: not-listed"],
  [{ ...REFUSED, flow: null, reason: "many-doors" }, "refused     many doors  192.0.2.66: many-doors"],
  [
    { ...REFUSED, flow: null, source: null, reason: "many-sources" },
    "refused     many doors  many sources: many-sources",
  ],
  [{ ...REFUSED, source: null, reason: "no-address" }, "refused     depot01-tpe01  no address: no-address"],
  [
    { ...REFUSED, outcome: "bad-proxy-header", reason: "malformed" },
    "refused     depot01-tpe01  192.0.2.66: PROXY header malformed",
  ],
  [{ ...REFUSED, flow: null, reason: "no-door" }, "refused     no flow  192.0.2.66: no-door"],
  [
    { ...REFUSED, flow: null, source: null, reason: "shielded", count: 9 },
    "refused     many doors  many sources 9 times: shielded",
  ],
  [{ event: "shield", state: "up", message: "The shield is up" }, "shield      The shield is up"],
  [{ event: "shield", state: "down", message: "It is down", hint: "be root" }, "shield      It is down; be root"],
  [{ event: "blocked", flow: "f", endpoint: "e", message: "Cannot listen" }, "blocked     f: Cannot listen"],
  [{ event: "handed-over", to: 7, sessions: 1 }, "handed over to process 7; 1 session ends in this one"],
  [{ event: "took-over", from: 6, sessions: 2 }, "took over from process 6; 2 sessions end in that one"],
  [{ event: "not-handed-over", message: "no", hint: "try" }, "goes on     no; try"],
  [{ event: "finished", process: 6, cut: 0 }, "process 6 has finished"],
  [{ event: "finished", process: 6, cut: 1 }, "process 6 has finished: 1 session was cut"],
  [{ event: "lost", process: 6, sessions: 2 }, "process 6 has gone, and 2 sessions with it"],
  [{ event: "not-notified", message: "no" }, "systemd was not told: no"],
  [{ event: "table-altered", found: ["it is gone"], message: "It is not as told" }, "altered     It is not as told"],
  [{ event: "unclaimed", endpoint: "e", message: "Closed e" }, "Closed e"],
  [{ event: "unblocked", flow: "f", endpoint: "e", message: "Listening" }, "open        f: Listening"],
  [{ event: "ignored", signal: "SIGHUP", message: "why" }, "SIGHUP ignored: why"],
  [
    { event: "stopping", sessions: 1, within: 200_000 },
    "stopping: no door is open any more; 1 session may finish within 200 s",
  ],
  [{ event: "stopped", cut: 0 }, "stopped: every session had ended"],
  [{ event: "stopped", cut: 2 }, "stopped: 2 sessions were cut"],
  [{ event: "log-dropped", count: 1 }, "1 line is missing here: the output took nothing"],
];

suite("prettyWords", () => {
  for (const [event, words] of LINES) test(words, () => assert.equal(prettyWords(event, false), words));

  test("in colour it says the same", () => {
    for (const [event, words] of LINES) {
      const coloured = prettyWords(event, true);
      assert.equal(stripVTControlCharacters(coloured), words);
    }
    assert.notEqual(prettyWords(SESSION, true), prettyWords(SESSION, false));
  });
});

suite("prettyLine", () => {
  test("begins with the local time", () => {
    const at = new Date(2026, 10, 1, 8, 5, 9).getTime();
    assert.equal(prettyLine({ event: "stopped", cut: 0 }, at, false), "08:05:09  stopped: every session had ended");
  });
});
