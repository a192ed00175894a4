/**
 * A write that is killed at each of its system calls, and one whose system calls fail: afterwards the file holds the old
 * content or the new, nothing else, and the next start sweeps what was left.
 */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { sweepLeftovers } from "../../src/change/durable.ts";
import { needs } from "../support/packages.ts";

const OLD = "what it held before";
/** Far more than a page: what is begun is not whole for a while. */
const SIZE = 1_200_000;
const CHILD = new URL("write-once.ts", import.meta.url).pathname;
/** Not write(2): by it the thread wakes the event loop, now more often, now less. */
const CALLS = ["openat", "pwrite64", "fchmod", "fsync", "fdatasync", "close", "rename", "renameat2", "unlink"];

suite("writeDurably, killed", { skip: needs(["strace"]) }, () => {
  test("at each system call: the old content or the new, and no leftover after a sweep", async (t) => {
    const steps = stepsOf(t);
    assert.ok(steps.length >= 9, steps.map(({ call }) => call).join(" "));
    const seen: string[] = [];
    for (const step of steps) {
      const { folder, file } = prepared(t);
      const { signal, status } = traced(file, ["-e", `inject=${step.call}:signal=KILL:when=${step.nth}`]);
      assert.ok(
        signal === "SIGKILL" || status === 137,
        `${step.call} ${step.nth}: ended with ${status ?? signal ?? ""}`,
      );
      seen.push(contentOf(file));
      await sweepLeftovers(folder);
      assert.deepEqual(readdirSync(folder), ["file"], `after ${step.call} ${step.nth}`);
    }
    // First the old, then the new, never back again: every step in between was really met.
    const turn = seen.indexOf("new");
    assert.deepEqual(seen, [...Array<string>(turn).fill("old"), ...Array<string>(seen.length - turn).fill("new")]);
    const calls = steps.map(({ call }) => call);
    assert.ok(calls.indexOf("fsync") < calls.indexOf("rename"), "the content is synchronised before the rename");
    assert.ok(calls.lastIndexOf("fsync") > calls.indexOf("rename"), "the folder is synchronised after it");
    assert.equal(turn, calls.indexOf("rename") + 1);
  });

  test("leaves something to sweep where it dies before the rename", async (t) => {
    const rename = stepsOf(t).find(({ call }) => call === "rename");
    assert.ok(rename);
    const { folder, file } = prepared(t);
    traced(file, ["-e", `inject=rename:signal=KILL:when=${rename.nth}`]);
    assert.equal(readdirSync(folder).length, 2);
    assert.equal((await sweepLeftovers(folder)).length, 1);
  });
});

suite("writeDurably, refused by the system", { skip: needs(["strace"]) }, () => {
  const failures = [
    ["pwrite64", "ENOSPC", /^Cannot write .*: no space left on the device \(ENOSPC\)$/],
    ["pwrite64", "EIO", /^Cannot write .*: the device reported an input\/output error \(EIO\)$/],
    ["fsync", "EIO", /^Cannot write .*: the device reported an input\/output error \(EIO\)$/],
    ["rename", "ENOSPC", /^Cannot write .*: no space left on the device \(ENOSPC\)$/],
    ["openat", "EMFILE", /^Cannot write .*: too many open files \(EMFILE\)$/],
  ] as const;
  for (const [call, error, message] of failures) {
    test(`${call}: ${error} says so, leaves the old file and nothing beside it`, (t) => {
      const step = stepsOf(t).find((each) => each.call === call);
      const { folder, file } = prepared(t);
      const told = traced(file, ["-e", `inject=${call}:error=${error}:when=${step?.nth ?? 1}`]);
      const { code, message: words, hint } = JSON.parse(told.stdout) as Record<string, string>;
      assert.equal(code, "cannot-write");
      assert.match(words ?? "", message);
      assert.ok(hint);
      assert.equal(contentOf(file), "old");
      assert.deepEqual(readdirSync(folder), ["file"]);
    });
  }

  test("a folder that cannot be synchronised: the file is new and whole, and the error says that it may not last", (t) => {
    const step = stepsOf(t).findLast(({ call }) => call === "fsync");
    const { file } = prepared(t);
    const told = traced(file, ["-e", `inject=fsync:error=EIO:when=${step?.nth ?? 1}`]);
    assert.match(told.stdout, /Cannot make sure that .* survives a power cut/);
    assert.equal(contentOf(file), "new");
  });
});

interface Step {
  readonly call: string;
  /** The how-manieth of its kind in the thread that writes. */
  readonly nth: number;
}

function prepared(t: TestContext): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-durable-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "file");
  writeFileSync(file, OLD, { mode: 0o640 });
  return { folder, file };
}

/** The system calls of one undisturbed write, in order. */
function stepsOf(t: TestContext): readonly Step[] {
  const { file } = prepared(t);
  const log = `${file}.trace`;
  const { status, stderr } = traced(file, ["-o", log]);
  assert.equal(status, 0, stderr);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(contentOf(file), "new");
  const lines = readFileSync(log, "utf8").split("\n");
  const begin = lines.findIndex((line) => line.includes("ecluse-test-begin"));
  const writer = lines[begin]?.split(" ")[0] ?? "";
  const ours = lines.map((line, index) => ({ line, index })).filter(({ line }) => line.startsWith(`${writer} `));
  const counts = new Map<string, number>();
  const steps: Step[] = [];
  for (const { line, index } of ours) {
    if (index > begin && line.includes("ecluse-test-end")) break;
    const call = /^\d+ +(\w+)\(/.exec(line)?.[1] ?? "";
    counts.set(call, (counts.get(call) ?? 0) + 1);
    if (index > begin && CALLS.includes(call)) steps.push({ call, nth: counts.get(call) ?? 0 });
  }
  return steps;
}

/** One thread writes, so that its calls come in one order and are counted alike in every run. */
function traced(file: string, options: readonly string[]): SpawnSyncReturns<string> {
  const log = options.includes("-o") ? [] : ["-o", "/dev/null"];
  const node = [process.execPath, "--conditions=source", CHILD, file, String(SIZE)];
  const trace = ["-f", "-e", `trace=access,faccessat,faccessat2,${CALLS.join(",")}`, ...log, ...options, ...node];
  return spawnSync("strace", trace, { encoding: "utf8", env: { ...process.env, UV_THREADPOOL_SIZE: "1" } });
}

/** `old`, `new`, or what else it holds. */
function contentOf(file: string): string {
  const text = readFileSync(file, "utf8");
  if (text === OLD) return "old";
  return text === "n".repeat(SIZE) ? "new" : `${text.length} bytes`;
}
