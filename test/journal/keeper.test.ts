/** The keeper without its thread: what it does between one order and the next. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { BatchBuilder } from "../../src/journal/batch.ts";
import { Keeper } from "../../src/journal/keeper.ts";
import type { Report } from "../../src/journal/messages.ts";
import { openStoppedJournal } from "../../src/journal/stopped-journal.ts";
import { DAY, NOON, folder, session } from "./support.ts";

test("an ended keeper does not open the file again for what it still had to tidy", async () => {
  using at = folder();
  const reports: Report[] = [];
  const assignment = { file: at.file, keep: 400 * DAY, size: 2e9, life: "test" };
  const keeper = new Keeper(assignment, (report) => reports.push(report));
  const builder = new BatchBuilder();
  builder.session(session());
  keeper.write(builder.seal(1, NOON, undefined), { wall: NOON, monotonic: 0 });
  keeper.end();
  await turn();
  await turn();
  using stopped = openStoppedJournal(at.file);
  assert.equal((await stopped.sessions({})).rows.length, 1);
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ["written"],
  );
});
