import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { until } from "../../../test/support/loopback.ts";
import { batchedPipe } from "./batched-pipe.ts";
import type { TakeLine } from "./lines.ts";

/** `TakeLine` that keeps each as text. */
function into(heard: string[]): TakeLine {
  return (bytes, from, end) => heard.push(Buffer.from(bytes.subarray(from, end)).toString());
}

suite("a pipe that is read in batches", () => {
  test("every line of a program, in its order, and its end", async () => {
    const heard: string[] = [];
    const { writer, ended } = await batchedPipe(into(heard));
    const count = 20_000;
    const child = spawn("seq", [String(count)], { stdio: ["ignore", writer, "inherit"] });
    writer.destroy();
    await ended;
    assert.equal(heard.length, count);
    assert.deepEqual(
      heard,
      Array.from({ length: count }, (_, index) => String(index + 1)),
    );
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  });

  test("what is said slowly is heard while the program goes on; half a line is none", async () => {
    const heard: string[] = [];
    const { writer, ended } = await batchedPipe(into(heard));
    const child = spawn("sh", ["-c", "echo one; read go; printf 'tw'; read go; printf 'o\\nhalf'"], {
      stdio: ["pipe", writer, "inherit"],
    });
    writer.destroy();
    await until(() => heard.length === 1, "the first line");
    child.stdin.write("go\ngo\n");
    await ended;
    assert.deepEqual(heard, ["one", "two"]);
  });

  test("leaves nothing behind in the folder of temporary files", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-test-"));
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = folder;
    context.after(() => {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      rmSync(folder, { recursive: true });
    });
    const { writer, ended } = await batchedPipe(() => undefined);
    const left = readdirSync(folder);
    writer.destroy();
    await ended;
    assert.deepEqual(left, []);
  });
});
