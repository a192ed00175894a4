/** Killed in the middle of writing: the file opens, is sound, and holds whole batches only. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStoppedJournal } from "../../src/journal/stopped-journal.ts";
import { folder, journal } from "./support.ts";

const KILLS = 20;

test(`SIGKILL while writing, ${KILLS} times`, async () => {
  using at = folder();
  let told = -1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    told = await writeAndKill(at.file, told + 10);
    // First as `ecluse journal` would, which meets a WAL that nobody has put into the file yet.
    const stopped = openStoppedJournal(at.file);
    const verified = await stopped.verify();
    stopped.close();
    assert.deepEqual([verified.sound, verified.checked], [true, inspect(at.file)]);
  }
  // Each new life but the first found that the one before had not ended in order.
  await using opened = journal(at.file);
  const { gaps } = await opened.sessions({ limit: 1 });
  assert.deepEqual(
    gaps.map(({ why }) => why),
    Array.from({ length: KILLS }, () => "unclean end"),
  );
});

/** Lets a process write until it has told of a few batches, kills it, and returns the last batch it told of. */
async function writeAndKill(file: string, first: number): Promise<number> {
  const writer = fileURLToPath(new URL("writer.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=source", writer, file, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const enough = randomInt(3, 60);
  let last = first;
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    lines += 1;
    if (lines === enough) child.kill("SIGKILL");
  }
  await exited;
  return last;
}

/** The number of batches in the file; fails where one is not whole, or the file not sound. */
function inspect(file: string): number {
  using database = new DatabaseSync(file);
  assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
  const parts = database
    .prepare("SELECT (SELECT count(*) FROM session WHERE started = at) AS sessions FROM change")
    .all()
    .map(({ sessions }) => Number(sessions));
  assert.deepEqual([...new Set(parts)], [49]);
  const { sessions } = { ...database.prepare("SELECT count(*) AS sessions FROM session").get() };
  assert.equal(sessions, parts.length * 49);
  return parts.length;
}
