import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { prepareProgram, runProgram } from "./run-program.ts";

const LONG = "é".repeat(100_000);

test("line: each line as it comes, whole, also the last one without an end; nothing is collected", async () => {
  const lines: string[] = [];
  const ran = await runProgram()("cat", [], `one\n\n${LONG}\nlast`, (text) => lines.push(text));
  assert.deepEqual(ran, { status: 0, output: "", complaint: "" });
  assert.deepEqual(lines, ["one", "", LONG, "last"]);
});

test("without: all at once", async () => {
  assert.deepEqual(await runProgram()("cat", [], LONG), { status: 0, output: LONG, complaint: "" });
});

test("line: how the program ended is told all the same", async () => {
  const lines: string[] = [];
  const ran = await runProgram()("sh", ["-c", "echo half; echo why >&2; exit 3"], "", (text) => lines.push(text));
  assert.deepEqual([ran, lines], [{ status: 3, output: "", complaint: "why\n" }, ["half"]]);
});

test("prepared: it waits for what it is to read, once", async () => {
  const waiting = prepareProgram()("sh", ["-c", "cat; exit 3"]);
  assert.equal(waiting.isWaiting, true);
  const fed = waiting.feed("a script");
  assert.equal(waiting.isWaiting, false);
  assert.deepEqual(await fed, { status: 3, output: "a script", complaint: "" });
});

test("prepared, and ended by somebody: it does not wait", async () => {
  const waiting = prepareProgram()("true", []);
  while (waiting.isWaiting) await pause(1);
});

test("prepared: it ends with this process, and does not keep it", async () => {
  const module = JSON.stringify(new URL("run-program.ts", import.meta.url).href);
  const script = `import(${module}).then(({ prepareProgram }) => prepareProgram()("cat", []))`;
  const ran = await runProgram()(process.execPath, ["--conditions=source", "-e", script], "");
  assert.deepEqual(ran, { status: 0, output: "", complaint: "" });
});
