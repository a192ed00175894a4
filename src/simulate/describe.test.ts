import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { describeEvent } from "./describe.ts";
import type { TerminalEvent } from "./events.ts";

const TABLE: readonly (readonly [TerminalEvent, string])[] = [
  [{ kind: "connection", session: 3, peer: "127.0.0.1:40000" }, "session 3: connection from 127.0.0.1:40000"],
  [{ kind: "turned-away", peer: "127.0.0.1:40000" }, "turned away 127.0.0.1:40000: a session is open already"],
  [{ kind: "request", session: 3, request: "payment", bytes: 56 }, "session 3: payment request, 56 bytes"],
  [
    { kind: "unreadable", session: 3, why: "tag-not-letters", bytes: 1 },
    "session 3: no Caisse-AP request after 1 byte (tag-not-letters), reset",
  ],
  [{ kind: "answered", session: 3, bytes: 95 }, "session 3: answered, 95 bytes"],
  [
    { kind: "closed", session: 3, how: "reset", by: "client", received: 56, sent: 0 },
    "session 3: reset by the client, 56 bytes received, 0 sent",
  ],
];

suite("describeEvent", () => {
  for (const [event, line] of TABLE) {
    test(line, () => {
      assert.equal(describeEvent(event), line);
    });
  }
});
