import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { TemporaryGrant } from "../change/temporary-grants.ts";
import type { BlockedDoor } from "../engine/records.ts";
import type { JournalHealth } from "../journal/health.ts";
import { type Concerns, attentionTo } from "./attention.ts";

const NOW = 1_000_000;
const HOUR = 3_600_000;
const none = { sessions: 0, refusals: 0, changes: 0 };
const journal: JournalHealth = {
  ...{ state: "writing", waiting: none, dropped: none, setAside: [], crashes: 0, file: "/j" },
};
const QUIET: Concerns = {
  ...{
    now: NOW,
    pending: undefined,
    journal,
    blocked: [],
    shield: { state: "off" },
    troubles: [],
    grants: [],
    operations: [],
    fileDiffers: false,
  },
};

function grant(id: string, until: number): TemporaryGrant {
  return { id, source: "technician", flows: ["a", "b"], until, reason: "x", by: "ana", at: 0 };
}

suite("attentionTo", () => {
  test("nothing, where all is well", () => {
    assert.deepEqual(attentionTo(QUIET), []);
  });

  test("everything, the most urgent first", () => {
    const blocked = {
      flow: "a",
      endpoint: { address: 2_130_706_433, port: 80 },
      cause: "EACCES",
    } as unknown as BlockedDoor;
    const told = attentionTo({
      ...QUIET,
      pending: { number: 4, rollbackTo: 3, within: 60_000, deadline: NOW + 1 },
      journal: { ...journal, dropped: { sessions: 1, refusals: 2, changes: 0 } },
      blocked: [blocked],
      shield: { state: "stuck", message: "it may shut out who is allowed", hint: "be root" },
      troubles: [
        { what: "terminal-down", flow: "t", since: 1, cause: "connect" },
        { what: "depot-down", depot: 22, since: 2, flows: ["x", "y"] },
      ],
      grants: [grant("g2", NOW + HOUR), grant("g1", NOW + 5), grant("g3", NOW + HOUR + 1)],
      operations: [
        { flow: "d", state: "draining", by: "ana", at: 1 },
        { flow: "c", state: "closed", by: "bob", at: 2, reason: "flood" },
      ],
      fileDiffers: true,
    });
    assert.deepEqual(told, [
      { what: "pending", number: 4, rollbackTo: 3, deadline: NOW + 1 },
      { what: "journal", state: "writing", dropped: 3 },
      { what: "shield", state: "stuck", message: "it may shut out who is allowed" },
      {
        ...{ what: "door-blocked", flow: "a", endpoint: "127.0.0.1:80" },
        message: "Cannot listen on 127.0.0.1:80: permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)",
      },
      { what: "depot-down", depot: 22, since: 2, flows: 2 },
      { what: "terminal-down", flow: "t", since: 1, cause: "connect" },
      { what: "grant-ends", id: "g1", source: "technician", flows: 2, until: NOW + 5 },
      { what: "grant-ends", id: "g2", source: "technician", flows: 2, until: NOW + HOUR },
      { what: "closed", flow: "c", by: "bob", at: 2, reason: "flood" },
      { what: "draining", flow: "d", by: "ana", at: 1 },
      { what: "file-differs" },
    ]);
  });

  test("a journal that fails, though it has lost nothing yet", () => {
    assert.deepEqual(attentionTo({ ...QUIET, journal: { ...journal, state: "failing" } }), [
      { what: "journal", state: "failing", dropped: 0 },
    ]);
  });

  test("a shield that nobody asks for, or that stands, is no trouble", () => {
    for (const shield of [{ state: "off" }, { state: "up", answer: "drop" }] as const)
      assert.deepEqual(attentionTo({ ...QUIET, shield }), []);
  });

  test("stays short, however many flows are closed", () => {
    const operations = Array.from({ length: 7_128 }, (_, at) => ({
      flow: `f${at}`,
      state: "closed" as const,
      by: "a",
      at,
    }));
    assert.equal(attentionTo({ ...QUIET, operations }).length, 500);
  });
});
