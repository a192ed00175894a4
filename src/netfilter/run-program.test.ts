import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "./run-program.ts";

const LONG = "é".repeat(100_000);

test("line: each line as it comes, whole, also the last one without an end; nothing is collected", async () => {
  const lines: string[] = [];
  const ran = await runProgram()("cat", [], `one\n\n${LONG}\nlast`, { line: (text) => lines.push(text) });
  assert.deepEqual(ran, { status: 0, output: "", complaint: "" });
  assert.deepEqual(lines, ["one", "", LONG, "last"]);
});

test("without: all at once", async () => {
  assert.deepEqual(await runProgram()("cat", [], LONG), { status: 0, output: LONG, complaint: "" });
});

test("line: how the program ended is told all the same", async () => {
  const lines: string[] = [];
  const ran = await runProgram()("sh", ["-c", "echo half; echo why >&2; exit 3"], "", {
    line: (text) => lines.push(text),
  });
  assert.deepEqual([ran, lines], [{ status: 3, output: "", complaint: "why\n" }, ["half"]]);
});

test("signal: it is ended, and that is told", async () => {
  const stop = new AbortController();
  const ran = runProgram()("sleep", ["60"], "", { signal: stop.signal });
  stop.abort();
  assert.notEqual((await ran).status, 0);
});
