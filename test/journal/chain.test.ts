/** The chain of changes: whatever is done to its rows by other means is found, and at which row. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { openStoppedJournal } from "../../src/journal/stopped-journal.ts";
import type { BrokenLink, ChainPlace, Verification } from "../../src/journal/rows.ts";
import { type Folder, NOON, folder, journal, written } from "./support.ts";

const ROWS = 450;

suite("a chain of more than one chunk", () => {
  test("is sound, and its head is told", async () => {
    using at = folder();
    const head = await chained(at);
    const verified = await verifiedFile(at);
    assert.deepEqual(verified, {
      sound: true,
      checked: ROWS,
      anchor: { seq: 0, hash: "0".repeat(64) },
      head,
    });
  });

  test("can be recomputed by anybody from the documented recipe", async () => {
    using at = folder();
    const head = await chained(at);
    using database = new DatabaseSync(at.file, { readOnly: true });
    let hash = "0".repeat(64);
    for (const { seq, at: when, by, action, subject, detail } of database.prepare("SELECT * FROM change").all()) {
      const row = JSON.stringify([seq, when, by, action, subject, detail]);
      hash = createHash("sha256").update(`${hash}${row}`).digest("hex");
    }
    assert.equal(hash, head.hash);
  });

  const tampered: readonly (readonly [string, BrokenLink])[] = [
    ["UPDATE change SET seq = 1000 WHERE seq = 450", { seq: 1000, problem: "missing" }],
    ["UPDATE change SET at = at + 1 WHERE seq = 300", { seq: 300, problem: "altered" }],
    ["UPDATE change SET by = 'mallory' WHERE seq = 1", { seq: 1, problem: "altered" }],
    ["UPDATE change SET action = 'revoke' WHERE seq = 450", { seq: 450, problem: "altered" }],
    ["UPDATE change SET subject = '' WHERE seq = 200", { seq: 200, problem: "altered" }],
    ["UPDATE change SET detail = detail || ' ' WHERE seq = 201", { seq: 201, problem: "altered" }],
    ["UPDATE change SET hash = zeroblob(32) WHERE seq = 7", { seq: 7, problem: "altered" }],
    ["DELETE FROM change WHERE seq = 1", { seq: 2, problem: "missing" }],
    ["DELETE FROM change WHERE seq = 225", { seq: 226, problem: "missing" }],
    ["DELETE FROM change WHERE seq > 440", { seq: 441, problem: "head" }],
    ["DELETE FROM change", { seq: 1, problem: "head" }],
    [
      "INSERT INTO change SELECT 451, at, by, action, subject, detail, hash FROM change WHERE seq = 450",
      { seq: 451, problem: "altered" },
    ],
    ["UPDATE state SET value = 'x' WHERE name = 'head-hash'", { seq: 450, problem: "head" }],
    ["INSERT INTO state VALUES ('anchor-seq', 5), ('anchor-hash', 'x')", { seq: 6, problem: "altered" }],
  ];
  for (const [sql, broken] of tampered) {
    test(sql.slice(0, 70), async () => {
      using at = folder();
      await chained(at);
      tamper(at, sql);
      const verified = await verifiedFile(at);
      assert.equal(verified.sound, false);
      assert.deepEqual(verified.broken, broken);
    });
  }
});

suite("a place kept elsewhere", () => {
  test("still in the chain", async () => {
    using at = folder();
    const head = await chained(at);
    assert.equal((await verifiedFile(at, head)).sound, true);
  });

  test("finds a chain that was written anew from one row on", async () => {
    using at = folder();
    const head = await chained(at);
    rewriteFrom(at, 300);
    assert.equal((await verifiedFile(at)).sound, true);
    assert.deepEqual(await verifiedFile(at, head), {
      sound: false,
      checked: ROWS - 1,
      broken: { seq: ROWS, problem: "kept-head" },
    });
  });

  test("finds a chain cut off before it, head and all", async () => {
    using at = folder();
    const head = await chained(at);
    tamper(
      at,
      `DELETE FROM change WHERE seq > 400; UPDATE state SET value = 400 WHERE name = 'head-seq';
       UPDATE state SET value = (SELECT lower(hex(hash)) FROM change WHERE seq = 400) WHERE name = 'head-hash'`,
    );
    assert.equal((await verifiedFile(at)).sound, true);
    const verified = await verifiedFile(at, head);
    assert.deepEqual(verified.sound ? undefined : verified.broken, { seq: ROWS, problem: "kept-head" });
  });
});

async function chained({ file }: Folder): Promise<ChainPlace> {
  await using opened = journal(file);
  for (let index = 1; index <= ROWS; index += 1) {
    opened.changed({ at: NOON + index, by: "alice", action: "grant", subject: `flow/${index}`, detail: { index } });
  }
  await written(opened);
  const { stored } = opened.health;
  assert.ok(stored);
  return stored.head;
}

function verifiedFile({ file }: Folder, kept?: ChainPlace): Promise<Verification> {
  const stopped = openStoppedJournal(file);
  return stopped.verify(kept).finally(() => stopped.close());
}

function tamper({ file }: Folder, sql: string): void {
  using database = new DatabaseSync(file);
  database.exec(sql);
}

/** What somebody with write access and this source can do. */
function rewriteFrom({ file }: Folder, from: number): void {
  using database = new DatabaseSync(file);
  const update = database.prepare("UPDATE change SET by = 'nobody', hash = unhex(?) WHERE seq = ?");
  const before = database.prepare("SELECT lower(hex(hash)) AS hash FROM change WHERE seq = ?").get(from - 1);
  let hash = String(before?.["hash"]);
  for (const { seq, at, action, subject, detail } of database
    .prepare("SELECT * FROM change WHERE seq >= ?")
    .all(from)) {
    hash = createHash("sha256")
      .update(`${hash}${JSON.stringify([seq, at, "nobody", action, subject, detail])}`)
      .digest("hex");
    update.run(hash, seq ?? 0);
  }
  database.prepare("UPDATE state SET value = ? WHERE name = 'head-hash'").run(hash);
}
