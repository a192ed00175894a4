import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { endTestsOf } from "./left-behind.ts";

/** Heeds no SIGTERM, and holds its own stdout by a child of its own: so long as that lives, its `close` does not come. */
const STUBBORN = "trap '' TERM; sleep 60 & echo ready; wait";

test("a test file's process ends with all that it started, and no other file's", async () => {
  const start = (file: string) => spawn("sh", ["-c", STUBBORN, file], { stdio: ["ignore", "pipe", "inherit"] });
  const [hung, other] = [start("/tests/hung.test.ts"), start("/tests/other.test.ts")];
  const closed = once(hung, "close");
  await Promise.all([hung, other].map(({ stdout }) => once(stdout, "data")));
  endTestsOf("/tests/hung.test.ts");
  assert.deepEqual(await closed, [null, "SIGKILL"]);
  assert.equal(other.signalCode ?? other.exitCode, null);
  endTestsOf("/tests/other.test.ts");
  await once(other, "close");
});
