/** Whatever stands in the way of writing: the caller is never held up, rows arrive after, and what was lost is told. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { JournalHealth } from "../../src/journal/health.ts";
import { openStoppedJournal } from "../../src/journal/stopped-journal.ts";
import type { Assignment } from "../../src/journal/messages.ts";
import { until } from "../support/loopback.ts";
import { manualClock } from "../support/clock.ts";
import { systemClock } from "../support/relay.ts";
import { DAY, NOON, folder, journal, refusal, session, written } from "./support.ts";

suite("a locked file", () => {
  test("holds nobody up; rows arrive once the lock is gone", async () => {
    using at = folder();
    const lock = locked(at.file);
    const told: JournalHealth[] = [];
    await using opened = journal(at.file, { told: (health) => told.push(health) });
    opened.session(session());
    await until(() => opened.health.state === "failing", "trouble told");
    assert.match(opened.health.lastError?.message ?? "", /locked/);
    opened.changed({ at: NOON, by: "alice", action: "apply" });
    assert.deepEqual(opened.health.waiting, { sessions: 1, refusals: 0, changes: 1 });
    lock.close();
    await written(opened);
    assert.equal((await opened.sessions({})).rows.length, 1);
    assert.deepEqual(opened.health.dropped, { sessions: 0, refusals: 0, changes: 0 });
    assert.deepEqual(
      told.map(({ state }) => state),
      ["failing", "writing"],
    );
  });

  test("rows beyond the bound are dropped, counted, and told by the journal itself", async () => {
    using at = folder();
    const lock = locked(at.file);
    const bounds = { sessions: 100, refusals: 10, changes: 2 };
    await using opened = journal(at.file, { bounds, batch: 30 });
    for (let index = 0; index < 150; index += 1) opened.session(session({ bytesToTarget: index }));
    opened.refused(
      Array.from({ length: 25 }, () => refusal()),
      NOON,
    );
    for (let index = 0; index < 3; index += 1) opened.changed({ at: NOON, by: "alice", action: "apply" });
    assert.deepEqual(opened.health.waiting, bounds);
    assert.deepEqual(opened.health.dropped, { sessions: 50, refusals: 15, changes: 1 });
    await until(() => opened.health.state === "failing", "trouble told");
    lock.close();
    await written(opened);
    const { rows, gaps } = await opened.sessions({ limit: 1_000 });
    assert.deepEqual([rows.length, rows[0]?.bytesToTarget], [100, 99]);
    assert.deepEqual(
      gaps.map(({ sessions, refusals, changes }) => ({ sessions, refusals, changes })),
      [{ sessions: 50, refusals: 15, changes: 1 }],
    );
    assert.match(gaps[0]?.why ?? "", /^dropped: /);
    assert.equal((await opened.verify()).sound, true);
  });

  test("closing waits no longer than asked, and says what is lost", async () => {
    using at = folder();
    using lock = locked(at.file);
    assert.ok(lock.isOpen);
    const opened = journal(at.file);
    opened.session(session());
    const start = performance.now();
    assert.deepEqual(await opened.close(50), { lost: { sessions: 1, refusals: 0, changes: 0 } });
    assert.ok(performance.now() - start < 20_000);
  });

  test("a second gateway waits until the first has let go, and neither loses a row", async () => {
    using at = folder();
    const first = journal(at.file);
    first.session(session());
    await written(first);
    await using second = journal(at.file);
    second.session(session());
    await until(() => second.health.state === "failing", "the second waits");
    first.session(session());
    assert.deepEqual(await first.close(5_000), { lost: { sessions: 0, refusals: 0, changes: 0 } });
    await written(second);
    const { rows, gaps } = await second.sessions({});
    assert.deepEqual([rows.length, gaps], [3, []]);
  });
});

test("no index of the WAL is mapped from a file", async () => {
  using at = folder();
  await using opened = journal(at.file);
  opened.session(session());
  await written(opened);
  assert.deepEqual(readdirSync(at.path), ["journal.db", "journal.db-wal"]);
});

test("the file and its WAL are their owner's alone", async () => {
  using at = folder();
  await using opened = journal(at.file);
  opened.session(session());
  await written(opened);
  for (const name of [at.file, `${at.file}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600, name);
});

test("an end in order leaves no gap, however soon it comes after the last row", async () => {
  using at = folder();
  for (let life = 0; life < 10; life += 1) {
    const opened = journal(at.file);
    opened.session(session());
    await opened.close(5_000);
  }
  using stopped = openStoppedJournal(at.file);
  const { rows, gaps } = await stopped.sessions({});
  assert.deepEqual([rows.length, gaps], [10, []]);
});

suite("a thread that dies", () => {
  test("is started again, and no row is lost or written twice", async () => {
    using at = folder();
    const threads: Worker[] = [];
    const thread = (assignment: Assignment): Worker => {
      const worker = new Worker(new URL("../../src/journal/thread.ts", import.meta.url), { workerData: assignment });
      threads.push(worker);
      return worker;
    };
    await using opened = journal(at.file, { thread, batch: 10 });
    for (let death = 0; death < 10; death += 1) {
      for (let index = 0; index < 100; index += 1) opened.session(session({ bytesToTarget: death * 100 + index }));
      await until(() => opened.health.waiting.sessions < 80, "some written");
      await threads.at(-1)?.terminate();
    }
    await written(opened);
    const { rows } = await opened.sessions({ limit: 1_000 });
    assert.deepEqual(
      rows.map(({ bytesToTarget }) => bytesToTarget).sort((a, b) => a - b),
      Array.from({ length: 1_000 }, (_, index) => index),
    );
    assert.equal(opened.health.crashes, 10);
    assert.deepEqual((await opened.sessions({})).gaps, []);
  });

  test("whose news of a written batch is lost does not write it twice", async () => {
    using at = folder();
    await using opened = journal(at.file, { thread: deafOnce(), batch: 10 });
    for (let index = 0; index < 10; index += 1) opened.session(session());
    await written(opened);
    assert.equal((await opened.sessions({})).rows.length, 10);
    assert.equal(opened.health.crashes, 1);
  });

  test("leaves no question open", async () => {
    using at = folder();
    const threads: Worker[] = [];
    await using opened = journal(at.file, {
      thread: (workerData) => {
        const worker = new Worker(new URL("../../src/journal/thread.ts", import.meta.url), { workerData });
        threads.push(worker);
        return worker;
      },
    });
    const asked = opened.sessions({});
    void threads[0]?.terminate();
    await assert.rejects(asked, { problem: "unavailable" });
    assert.deepEqual(await opened.flows(), []);
  });

  test("or never starts: the caller does not hear of it", async () => {
    using at = folder();
    let refusals = 3;
    const clock = systemClock;
    await using opened = journal(at.file, {
      clock,
      thread: (workerData) => {
        refusals -= 1;
        if (refusals >= 0) throw new Error("no thread to be had");
        return new Worker(new URL("../../src/journal/thread.ts", import.meta.url), { workerData });
      },
    });
    opened.session(session());
    assert.equal(opened.health.lastError?.message, "no thread to be had");
    await written(opened);
    assert.equal((await opened.sessions({})).rows.length, 1);
  });
});

suite("a file that cannot be used", () => {
  test("a damaged one is kept aside and a new one begun; the journal says so", async () => {
    using at = folder();
    writeFileSync(at.file, "this is no database ".repeat(1_000));
    await using opened = journal(at.file);
    opened.session(session());
    await written(opened);
    const [aside = ""] = opened.health.setAside;
    assert.match(aside, /journal\.db\.corrupt-\d{4}-\d\d-\d\dT\d{6}\d{3}Z$/);
    assert.match(readFileSync(aside, "utf8"), /^this is no database/);
    const { rows, gaps } = await opened.sessions({});
    assert.equal(rows.length, 1);
    assert.match(gaps[0]?.why ?? "", /^set aside: journal\.db\.corrupt-/);
  });

  test("one damaged in the middle, after it was opened", async () => {
    using at = folder();
    const before = journal(at.file);
    for (let index = 0; index < 5_000; index += 1) before.session(session({ startedAt: NOON + index }));
    await before.close(20_000);
    const bytes = readFileSync(at.file);
    // Every page but the first, which alone is read by opening.
    bytes.fill(0x5a, 4_096 * 30);
    writeFileSync(at.file, bytes);
    await using opened = journal(at.file);
    for (let index = 0; index < 100; index += 1)
      opened.session(session({ flow: `flow/${index}`, startedAt: NOON + index * 50 }));
    await written(opened);
    assert.equal(opened.health.setAside.length, 1);
    assert.equal((await opened.sessions({ limit: 1_000 })).rows.length, 100);
  });

  test("of the damaged ones three are kept", async () => {
    using at = folder();
    for (let time = 0; time < 5; time += 1) {
      writeFileSync(at.file, `damaged ${time} `.repeat(1_000));
      const opened = journal(at.file);
      opened.session(session());
      await written(opened);
      await opened.close(5_000);
    }
    const kept = readdirSync(at.path).filter((name) => name.includes("corrupt"));
    assert.deepEqual(
      kept.map((name) => readFileSync(`${at.path}/${name}`, "utf8").slice(0, 9)),
      ["damaged 2", "damaged 3", "damaged 4"],
    );
  });

  test("a newer version's is kept aside too", async () => {
    using at = folder();
    await journal(at.file).close(5_000);
    withDatabase(at.file, "PRAGMA user_version = 99");
    await using opened = journal(at.file);
    opened.session(session());
    await written(opened);
    assert.match(opened.health.setAside[0] ?? "", /\.newer-/);
  });

  test("somebody else's database is never touched", async () => {
    using at = folder();
    withDatabase(at.file, "CREATE TABLE theirs (value TEXT); INSERT INTO theirs VALUES ('kept')");
    const bytes = readFileSync(at.file);
    const opened = journal(at.file);
    opened.session(session());
    await until(() => opened.health.state === "failing", "trouble told");
    await opened.close(50);
    assert.deepEqual(readFileSync(at.file), bytes);
    assert.deepEqual(readdirSync(at.path), ["journal.db"]);
  });

  test("a folder that is a file", async () => {
    using at = folder();
    writeFileSync(at.file, "");
    const opened = journal(`${at.file}/journal.db`);
    opened.session(session());
    await until(() => opened.health.waiting.sessions === 1 && opened.health.state === "failing", "trouble told");
    assert.deepEqual(await opened.close(20), { lost: { sessions: 1, refusals: 0, changes: 0 } });
  });

  test("removed under the running journal: a new one is begun at the next look", async () => {
    using at = folder();
    const hands = manualClock(NOON);
    await using opened = journal(at.file, { clock: hands });
    opened.session(session());
    hands.pass(5);
    await until(() => opened.health.stored?.rows.sessions === 1, "written");
    renameSync(at.file, `${at.file}.old`);
    hands.pass(60_000);
    await opened.flows();
    opened.session(session({ startedAt: NOON + DAY }));
    hands.pass(5);
    await until(() => opened.health.waiting.sessions === 0, "written");
    assert.deepEqual(
      (await opened.sessions({})).rows.map(({ startedAt }) => startedAt),
      [NOON + DAY],
    );
  });
});

/** Another program that holds the file for itself. */
function locked(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  return database;
}

/** Starts a thread that dies right after its first batch is written, before the journal hears of it. */
function deafOnce(): (assignment: Assignment) => Worker {
  let started = 0;
  return (workerData) => {
    started += 1;
    const worker = new Worker(new URL("../../src/journal/thread.ts", import.meta.url), { workerData });
    if (started === 1) dieAtFirstWritten(worker);
    return worker;
  };
}

function dieAtFirstWritten(worker: Worker): void {
  const emit = worker.emit.bind(worker);
  worker.emit = (event: string, ...words: unknown[]): boolean => {
    const [report] = words as [{ readonly kind?: string } | undefined];
    if (event !== "message" || report?.kind !== "written") return emit(event, ...words);
    void worker.terminate();
    return true;
  };
}

function withDatabase(file: string, sql: string): void {
  using database = new DatabaseSync(file);
  database.exec(sql);
}
