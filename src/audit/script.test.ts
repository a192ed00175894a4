import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { type Asking, readingsOf, scriptOf } from "./script.ts";

const ASKINGS: readonly Asking[] = [
  { id: "plain", command: "printf 'one\\ntwo'" },
  { id: "quotes", command: `echo "it's" '$HOME'` },
  { id: "fails", command: "echo half; echo 'no such thing' >&2; exit 3" },
  { id: "missing", command: "ecluse-no-such-program" },
  { id: "kept", command: "echo secret=1; echo open=2", keep: (text) => text.replace(/^secret.*\n/m, "") },
  { id: "reads", command: "cat" },
  { id: "hangs", command: "sleep 4; echo late", patience: 1 },
];

test("a script run by sh gives back what each command said, and why one failed", () => {
  const { stdout, status } = spawnSync("sh", { input: scriptOf(ASKINGS, "b0undary"), encoding: "utf8" });
  assert.equal(status, 0);
  const readings = readingsOf(stdout, ASKINGS, "b0undary");
  assert.deepEqual(
    readings.map(({ id, text, failed }) => [id, text, failed]),
    [
      ["plain", "one\ntwo", undefined],
      ["quotes", "it's $HOME\n", undefined],
      ["fails", "half\n", "exit 3: no such thing"],
      ["missing", "", readings[3]?.failed],
      ["kept", "open=2\n", undefined],
      // Its input is empty: it cannot swallow the rest of the script.
      ["reads", "", undefined],
      ["hangs", "", "no answer within 1 s"],
    ],
  );
  assert.match(readings[3]?.failed ?? "", /^exit 127: .*not found/);
});

test("an output that was cut says so of everything that is missing", () => {
  const { stdout } = spawnSync("sh", { input: scriptOf(ASKINGS, "b0undary"), encoding: "utf8" });
  const readings = readingsOf(stdout.slice(0, stdout.indexOf("b0undary end quotes")), ASKINGS, "b0undary");
  assert.deepEqual(
    readings.map(({ failed }) => failed === "the reading ended before it"),
    [false, true, true, true, true, true, true],
  );
});
