/** Old rows go by age and by size, the oldest first, and the chain still verifies from its anchor. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { suite, test } from "node:test";
import { ipv4, until } from "../support/loopback.ts";
import { manualClock } from "../support/clock.ts";
import { systemClock } from "../support/relay.ts";
import type { Clock } from "../../src/engine/engine.ts";
import { DAY, NOON, folder, journal, refusal, session, written } from "./support.ts";

suite("by age", () => {
  test("what is older than `keep` goes, of every kind; the last use of a grant stays as long", async () => {
    using at = folder();
    const clock = atNoon();
    await using opened = journal(at.file, { clock, keep: 10 * DAY });
    for (let index = 0; index < 2_500; index += 1) opened.session(session({ startedAt: NOON - 11 * DAY - index }));
    opened.session(session({ startedAt: NOON - 9 * DAY, rule: "young" }));
    opened.refused([refusal()], NOON - 11 * DAY);
    opened.refused([refusal({ count: 7 })], NOON - 9 * DAY);
    for (let index = 120; index > 0; index -= 1) {
      opened.changed({ at: NOON - 9.9 * DAY - index * 0.1 * DAY, by: "alice", action: "apply", subject: `${index}` });
    }
    await until(() => opened.health.stored?.rows.sessions === 1, "old sessions deleted");
    await until(() => opened.health.stored?.rows.refusals === 1, "old refusals deleted");
    const { rows } = await opened.changes({});
    assert.equal(rows.length, 1);
    const verified = await opened.verify();
    assert.deepEqual([verified.sound, verified.checked], [true, 1]);
    assert.equal(verified.sound && verified.anchor.seq, 119);
    assert.deepEqual(
      (await opened.sessions({})).rows.map(({ rule }) => rule),
      ["young"],
    );
  });

  test("a change told with an earlier clock does not tear the chain", async () => {
    using at = folder();
    const clock = atNoon();
    await using opened = journal(at.file, { clock, keep: 10 * DAY });
    for (const days of [20, 1, 30, 20, 0]) opened.changed({ at: NOON - days * DAY, by: "alice", action: "apply" });
    await written(opened);
    await until(() => opened.health.stored?.rows.changes === 4, "the first deleted");
    const verified = await opened.verify();
    assert.deepEqual([verified.sound, verified.checked], [true, 4]);
  });

  test("a clock that leaps a year ahead deletes nothing; one that goes back neither", async () => {
    using at = folder();
    const hands = manualClock(NOON);
    const clock: Clock = { ...systemClock, wall: hands.wall, monotonic: hands.monotonic };
    await using opened = journal(at.file, { clock, keep: 10 * DAY });
    opened.session(session({ startedAt: NOON - DAY }));
    await written(opened);
    for (const instant of [NOON + 365 * DAY, NOON - 365 * DAY, NOON]) {
      hands.setWall(instant);
      opened.session(session({ startedAt: instant }));
      await written(opened);
      await opened.flows();
    }
    assert.equal(opened.health.stored?.rows.sessions, 4);
    // An hour later the present instant is believed, and the row of a year before it is old.
    hands.pass(3_600_001);
    opened.session(session({ startedAt: NOON + 1 }));
    await until(() => opened.health.lastWritten === NOON + 3_600_001, "written");
    await until(() => opened.health.stored?.rows.sessions === 4, "the oldest deleted");
    const { rows } = await opened.sessions({});
    assert.deepEqual(
      rows.map(({ startedAt }) => startedAt),
      [NOON + 365 * DAY, NOON + 1, NOON, NOON - DAY],
    );
  });
});

suite("by size", () => {
  test("the file and its WAL stay near the size, and the newest rows stay", async () => {
    using at = folder();
    const size = 2_000_000;
    await using opened = journal(at.file, { clock: atNoon(), size });
    let largest = 0;
    for (let round = 0; round < 12; round += 1) {
      for (let index = 0; index < 5_000; index += 1) {
        const number = round * 5_000 + index;
        opened.session(session({ startedAt: NOON + number, flow: `depot1-tpe${number % 90}`, bytesToTarget: number }));
      }
      await written(opened);
      largest = Math.max(largest, onDisk(at.file));
    }
    await until(() => (opened.health.stored?.bytes ?? Infinity) < size * 1.1, "near its size again");
    assert.ok(largest < size * 1.5, `${largest} bytes at the largest`);
    const { rows } = await opened.sessions({ limit: 1_000 });
    assert.equal(rows[0]?.bytesToTarget, 59_999);
    assert.equal(rows.length, 1_000);
    assert.ok((opened.health.stored?.rows.sessions ?? 0) > 10_000);
  });

  test("a scanner from ten thousand addresses does not push out the payments", async () => {
    using at = folder();
    await using opened = journal(at.file, { clock: atNoon(), size: 2_000_000 });
    for (let index = 0; index < 5_000; index += 1) opened.session(session({ startedAt: NOON + index }));
    for (let report = 0; report < 15; report += 1) {
      const rows = Array.from({ length: 10_000 }, (_, index) =>
        refusal({ source: ipv4(`10.${report}.${index >> 8}.${index & 255}`) }),
      );
      opened.refused(rows, NOON + report);
      await written(opened);
    }
    await until(() => (opened.health.stored?.bytes ?? Infinity) < 2_200_000, "near its size");
    assert.equal(opened.health.stored?.rows.sessions, 5_000);
  });
});

function atNoon(): Clock {
  return { ...systemClock, wall: () => NOON };
}

function onDisk(file: string): number {
  return statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
}
