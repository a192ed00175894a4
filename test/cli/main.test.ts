/** The command line's entry: what is printed where, and with which exit code. Its words are in `test/transcripts`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { suite, test } from "node:test";
import { commandLine } from "../serve/serving.ts";

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ecluse(words: readonly string[], env: NodeJS.ProcessEnv = process.env): Outcome {
  return spawnSync(process.execPath, commandLine(words), { encoding: "utf8", env });
}

suite("ecluse", { timeout: 180_000 }, () => {
  const mistakes: readonly (readonly string[])[] = [
    [],
    ["frobnicate"],
    ["--frobnicate"],
    ["serve", "--frobnicate"],
    ["help", "frobnicate"],
    ["serve", "one", "two"],
    ["serve", "--inventory"],
    ["completion"],
  ];
  for (const words of mistakes) {
    test(`"${["ecluse", ...words].join(" ")}": error and hint on stderr, nothing on stdout, exit 2`, () => {
      const { status, stdout, stderr } = ecluse(words);
      assert.deepEqual([status, stdout], [2, ""]);
      const [hint = "", error = ""] = stderr.trimEnd().split("\n").toReversed();
      assert.match(error, /^ecluse: error: \S/);
      assert.match(hint, /^ecluse: hint: \S/);
      assert.doesNotMatch(stderr, /\n {4}at /);
    });
  }

  for (const words of [["--help"], ["serve", "--help"], ["help"], ["--version"]]) {
    test(`"ecluse ${words.join(" ")}": on stdout, exit 0`, () => {
      const { status, stdout, stderr } = ecluse(words);
      assert.deepEqual([status, stderr], [0, ""]);
      assert.notEqual(stdout, "");
    });
  }

  test("a bug keeps its stack, and is no error for the operator", () => {
    const bug = "Array.prototype.flatMap=()=>{throw(new(TypeError)('a-bug'))}";
    const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${bug}` };
    const { status, stderr } = ecluse(["completion", "fish"], env);
    assert.equal(status, 1);
    assert.match(stderr, /TypeError: a-bug\n {4}at .*\n(.*\n)*? {4}at fish \(.*completion\.ts/);
    assert.doesNotMatch(stderr, /ecluse: (error|hint)/);
  });

  test("an output that takes nothing is an error, not a crash", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, commandLine(["--help"]), {
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    assert.equal(status, 2);
    assert.match(stderr, /^ecluse: error: Cannot write the output: ENOSPC: [^\n]*\necluse: hint: [^\n]*\n$/);
  });
});
