/** What was told is what is answered: each kind of row, each filter, page by page. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { parseNetwork } from "@ecluse/guard/address";
import { JournalError } from "../../src/journal/errors.ts";
import { openStoppedJournal } from "../../src/journal/stopped-journal.ts";
import type { SessionQuery } from "../../src/journal/rows.ts";
import { unusedGrants } from "../../src/journal/unused-grants.ts";
import { ipv4 } from "../support/loopback.ts";
import { systemClock } from "../support/relay.ts";
import { DAY, MINUTE, NOON, folder, journal, refusal, session, written } from "./support.ts";

suite("sessions", () => {
  test("a session comes back as it was told", async () => {
    using at = folder();
    await using opened = journal(at.file);
    const told = session({ outcome: "dial-failed", by: "gateway", cause: "ECONNREFUSED", source: ipv4("10.0.0.1") });
    opened.session(told);
    await written(opened);
    assert.deepEqual(await opened.sessions({}), { rows: [{ ...told, id: `${NOON}.0` }], gaps: [] });
  });

  test("numbers that are none do not lose the batch", async () => {
    using at = folder();
    await using opened = journal(at.file, { clock: { ...systemClock, wall: () => NOON } });
    opened.session(session({ startedAt: Number.NaN, duration: 0.4, bytesToClient: Infinity, bytesToTarget: 2 ** 52 }));
    await written(opened);
    const { rows } = await opened.sessions({});
    assert.deepEqual(
      rows.map(({ startedAt, duration, bytesToClient, bytesToTarget }) => [
        startedAt,
        duration,
        bytesToClient,
        bytesToTarget,
      ]),
      [[NOON, 0, 0, 2 ** 52]],
    );
  });

  test("those open at any time between from and to, however long before they began", async () => {
    using at = folder();
    await using opened = journal(at.file);
    const long = { startedAt: NOON - 30 * DAY, duration: 30 * DAY + 1 };
    opened.session(session({ ...long, flow: "long" }));
    opened.session(session({ startedAt: NOON - MINUTE, duration: MINUTE - 1, flow: "ended just before" }));
    opened.session(session({ startedAt: NOON - MINUTE, duration: MINUTE, flow: "ended at" }));
    opened.session(session({ startedAt: NOON + MINUTE - 1, flow: "began just before the end" }));
    opened.session(session({ startedAt: NOON + MINUTE, flow: "began at the end" }));
    await written(opened);
    const { rows } = await opened.sessions({ from: NOON, to: NOON + MINUTE });
    assert.deepEqual(
      rows.map(({ flow }) => flow),
      ["began just before the end", "ended at", "long"],
    );
  });

  const filters: readonly (readonly [string, SessionQuery, readonly number[]])[] = [
    ["a flow", { flows: ["depot1-tpe01"] }, [5, 2]],
    ["two flows", { flows: ["depot1-tpe01", "depot1-tpe02"] }, [6, 5, 3, 2]],
    ["no flow", { flows: [] }, []],
    ["an unknown flow", { flows: ["depot9-tpe99"] }, []],
    ["a source", { source: network("203.0.113.1") }, [7, 5, 3, 1]],
    ["a network", { source: network("203.0.113.0/31") }, [7, 6, 5, 4, 3, 2, 1, 0]],
    ["a network nobody came from", { source: network("10.0.0.0/8") }, []],
    ["a source at a flow", { source: network("203.0.113.1"), flows: ["depot1-tpe01"] }, [5]],
    ["a rule", { rule: "technician" }, [6, 3, 0]],
    ["an outcome", { outcome: "reset" }, [4, 0]],
    ["an outcome of a flow", { outcome: "reset", flows: ["depot1-tpe00"] }, [0]],
  ];
  for (const [name, query, expected] of filters) {
    test(`of ${name}, whatever the page's size`, async () => {
      using at = folder();
      await using opened = journal(at.file);
      for (let index = 0; index < 8; index += 1) opened.session(numbered(index));
      await written(opened);
      for (const limit of [1, 2, 3, 100]) {
        const numbers: number[] = [];
        let before: string | undefined;
        do {
          const page = await opened.sessions({ ...query, limit, ...(before === undefined ? {} : { before }) });
          numbers.push(...page.rows.map(({ bytesToTarget }) => bytesToTarget));
          before = page.next;
        } while (before !== undefined);
        assert.deepEqual(numbers, expected, `in pages of ${limit}`);
      }
    });
  }

  test("thousands of one millisecond, in pages, each once", async () => {
    using at = folder();
    await using opened = journal(at.file);
    for (let index = 0; index < 3_000; index += 1) opened.session(session({ bytesToTarget: index }));
    await written(opened);
    const seen = new Set<number>();
    let before: string | undefined;
    do {
      const page = await opened.sessions({ limit: 700, ...(before === undefined ? {} : { before }) });
      for (const { bytesToTarget } of page.rows) seen.add(bytesToTarget);
      before = page.next;
    } while (before !== undefined);
    assert.equal(seen.size, 3_000);
  });
});

suite("refusals", () => {
  test("are ranked by source and by flow, within a stretch of time", async () => {
    using at = folder();
    await using opened = journal(at.file);
    const other = ipv4("192.0.2.99");
    opened.refused([refusal({ count: 3 }), refusal({ source: other, count: 5, reason: "expired" })], NOON);
    opened.refused([refusal({ count: 4, flow: undefined, reason: "no-door" })], NOON + MINUTE);
    opened.refused([refusal({ source: undefined, reason: "many-sources", count: 1 })], NOON + 2 * MINUTE);
    await written(opened);
    assert.deepEqual(await opened.refusals({ by: "source" }), [
      {
        source: ipv4("192.0.2.66"),
        count: 7,
        first: NOON,
        last: NOON + MINUTE,
        reasons: { "not-listed": 3, "no-door": 4 },
      },
      { source: other, count: 5, first: NOON, last: NOON, reasons: { expired: 5 } },
      { count: 1, first: NOON + 2 * MINUTE, last: NOON + 2 * MINUTE, reasons: { "many-sources": 1 } },
    ]);
    const flows = await opened.refusals({ by: "flow", from: NOON, to: NOON + MINUTE });
    assert.deepEqual(flows, [
      { flow: "depot22-tpe03", count: 8, first: NOON, last: NOON, reasons: { "not-listed": 3, expired: 5 } },
    ]);
  });

  test("more than one chunk of them adds up", async () => {
    using at = folder();
    await using opened = journal(at.file);
    for (let report = 0; report < 12; report += 1) {
      const rows = Array.from({ length: 1_000 }, (_, index) => refusal({ source: ipv4(`10.0.0.${index % 10}`) }));
      opened.refused(rows, NOON + report);
    }
    await written(opened);
    const ranks = await opened.refusals({ by: "source" });
    assert.deepEqual(
      ranks.map(({ count, first, last }) => [count, first, last]),
      Array.from({ length: 10 }, () => [1_200, NOON, NOON + 11]),
    );
  });
});

test("usage tells each grant's last use, and since when it could know", async () => {
  using at = folder();
  const before = Date.now();
  await using opened = journal(at.file);
  opened.session(session({ startedAt: NOON - 100 * DAY, rule: "technician" }));
  opened.session(session({ startedAt: NOON - DAY }));
  opened.session(session({ startedAt: NOON - 2 * DAY }));
  await written(opened);
  const usage = await opened.usage(NOON, 90);
  assert.deepEqual(usage.used, [
    { flow: "depot22-tpe03", rule: "odoo", first: NOON - 2 * DAY, last: NOON - DAY, sessions: 2 },
  ]);
  assert.ok(usage.since >= before && usage.since <= Date.now());
  const grants = [
    { flow: "depot22-tpe03", rule: "odoo" },
    { flow: "depot22-tpe03", rule: "technician" },
  ];
  assert.deepEqual(unusedGrants(grants, usage.used), [grants[1]]);
});

test("changes come back newest first, between from and to, page by page", async () => {
  using at = folder();
  await using opened = journal(at.file);
  for (let index = 0; index < 250; index += 1) {
    opened.changed({
      at: NOON + index,
      by: "alice",
      action: "apply",
      subject: `v${index}`,
      detail: { z: 1, a: [null] },
    });
  }
  await written(opened);
  const first = await opened.changes({ from: NOON + 10, to: NOON + 240, limit: 200 });
  assert.equal(first.rows[0]?.subject, "v239");
  assert.deepEqual(first.rows[0].detail, { a: [null], z: 1 });
  const second = await opened.changes({
    from: NOON + 10,
    limit: 200,
    ...(first.next === undefined ? {} : { before: first.next }),
  });
  assert.deepEqual(
    [first.rows.length, second.rows.length, second.rows.at(-1)?.subject, second.next],
    [200, 30, "v10", undefined],
  );
});

test("a detail that JSON cannot say, or that is too long, is noted instead", async () => {
  using at = folder();
  await using opened = journal(at.file);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  opened.changed({ at: NOON, by: "bob", action: "apply", detail: circle as never });
  opened.changed({ at: NOON, by: "bob", action: "apply", detail: "x".repeat(70_000) });
  await written(opened);
  const { rows } = await opened.changes({});
  assert.match(JSON.stringify(rows.map(({ detail }) => detail)), /"length":70002,"sha256":"[0-9a-f]{64}".*"not JSON"/);
});

suite("asking", () => {
  test("whoever has gone is not answered", async () => {
    using at = folder();
    await using opened = journal(at.file);
    const gone = new AbortController();
    const asked = opened.sessions({}, { signal: gone.signal });
    gone.abort();
    await assert.rejects(asked, { problem: "cancelled" });
    await assert.rejects(opened.sessions({}, { signal: gone.signal }), { problem: "cancelled" });
  });

  test("more questions than it takes at once are refused; the others are answered", async () => {
    using at = folder();
    await using opened = journal(at.file);
    for (let index = 0; index < 3_000; index += 1) opened.session(session({ bytesToTarget: index }));
    await written(opened);
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => opened.sessions({ outcome: "idle" })));
    const refused = asked.filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 4);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      assert.ok(reason instanceof JournalError && reason.problem === "too-many");
    }
  });

  test("batches are written while a long question is answered", async () => {
    using at = folder();
    await using opened = journal(at.file);
    for (let index = 0; index < 50_000; index += 1) opened.session(session({ startedAt: NOON + index }));
    await written(opened);
    let answered = false;
    const asked = opened.sessions({ outcome: "idle" }).then(() => (answered = true));
    opened.changed({ at: NOON, by: "alice", action: "apply" });
    await written(opened);
    assert.equal(answered, false);
    await asked;
  });

  test("a closed journal answers nobody, and counts what it is told", async () => {
    using at = folder();
    const opened = journal(at.file);
    await opened.close(5_000);
    await assert.rejects(opened.flows(), { problem: "unavailable" });
    opened.session(session());
    assert.equal(opened.health.dropped.sessions, 1);
    assert.equal(opened.health.state, "closed");
  });
});

suite("a stopped gateway's file", () => {
  test("answers the same questions", async () => {
    using at = folder();
    const opened = journal(at.file);
    opened.session(session());
    opened.changed({ at: NOON, by: "alice", action: "apply" });
    const running = [await opened.sessions({}), await opened.flows()];
    await opened.close(5_000);
    using stopped = openStoppedJournal(at.file);
    const { endpoint, target } = session();
    assert.deepEqual(await stopped.flows(), [{ id: "depot22-tpe03", endpoints: [endpoint], target }]);
    assert.equal((await stopped.sessions({})).rows.length, 1);
    assert.equal((await stopped.changes({})).rows.length, 1);
    assert.equal((await stopped.verify()).sound, true);
    assert.ok(running.length > 0);
  });

  test("is readable for people with a shell of SQLite", async () => {
    using at = folder();
    const opened = journal(at.file);
    opened.session(session());
    await opened.close(5_000);
    using database = new DatabaseSync(at.file, { readOnly: true });
    assert.deepEqual(Object.values(database.prepare("SELECT * FROM readable_session").get() ?? {}), [
      ...["2026-12-01T12:00:00.000Z", "depot22-tpe03", "203.0.113.7", "odoo"],
      ...[1_000, 54, 120, "closed", "client", ""],
    ]);
  });

  test("is refused while a gateway runs, and where there is none", async () => {
    using at = folder();
    assert.throws(() => openStoppedJournal(at.file), { problem: "no-journal" });
    await using opened = journal(at.file);
    await opened.flows();
    assert.throws(() => openStoppedJournal(at.file), { problem: "in-use" });
  });
});

function numbered(index: number): ReturnType<typeof session> {
  return session({
    startedAt: NOON + index,
    bytesToTarget: index,
    flow: `depot1-tpe0${[0, 9, 1, 2, 9, 1, 2, 9][index] ?? 0}`,
    source: ipv4(`203.0.113.${index % 2}`),
    rule: index % 3 === 0 ? "technician" : "odoo",
    outcome: index % 4 === 0 ? "reset" : "closed",
  });
}

function network(text: string): Exclude<ReturnType<typeof parseNetwork>, { kind: string }> {
  const parsed = parseNetwork(text);
  if ("kind" in parsed) throw new TypeError(text);
  return parsed;
}
