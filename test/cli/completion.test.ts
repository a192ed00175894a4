/** The completion scripts, in the shells that read them. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { run } from "../../src/cli/commands/completion.ts";
import { program } from "../support/packages.ts";

async function scriptOf(shell: string): Promise<string> {
  let script = "";
  const io = { out: (text: string) => void (script += text), err: () => undefined, colour: false, env: {}, line: [] };
  assert.equal(await run({ operands: [shell], options: {}, io }), 0);
  return script;
}

/** What bash offers for these words, the last of which is being typed. */
function completed(script: string, words: readonly string[], folder = tmpdir()): readonly string[] {
  const harness = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_ecluse
if (( \${#COMPREPLY[@]} )); then printf '%s\\n' "\${COMPREPLY[@]}"; fi`;
  const output = execFileSync("bash", ["-c", harness, "bash", ...words], { encoding: "utf8", cwd: folder });
  return output.split("\n").slice(0, -1);
}

suite("completion bash", () => {
  test("passes bash -n, and registers itself for ecluse", async () => {
    const script = await scriptOf("bash");
    const checked = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
    assert.deepEqual([checked.status, checked.stderr], [0, ""]);
    const registered = execFileSync("bash", ["-c", `${script}\ncomplete -p ecluse`], { encoding: "utf8" });
    assert.match(registered, /-F _ecluse ecluse$/m);
  });

  test("the first word is a command, and no file", async () => {
    const script = await scriptOf("bash");
    const names = COMMANDS.map(({ name }) => name);
    assert.deepEqual(completed(script, ["ecluse", ""]), [...names, "--help", "--version"]);
    assert.deepEqual(completed(script, ["ecluse", "ser"]), ["serve"]);
    assert.deepEqual(completed(script, ["ecluse", "--v"]), ["--version"]);
    assert.deepEqual(completed(script, ["ecluse", "nothing-like-it"]), []);
  });

  for (const command of COMMANDS) {
    test(`${command.name}: exactly its options`, async () => {
      const options = completed(await scriptOf("bash"), ["ecluse", command.name, "--"]);
      assert.deepEqual(options, [...command.options.map(({ name }) => `--${name}`), "--help"]);
    });
  }

  test("files, with spaces in their names too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-completion-"));
    for (const name of ["ecluse.yaml", "depot 22.yaml"]) writeFileSync(join(folder, name), "");
    const script = await scriptOf("bash");
    assert.deepEqual(completed(script, ["ecluse", "serve", "--inventory", "ecl"], folder), ["ecluse.yaml"]);
    assert.deepEqual(completed(script, ["ecluse", "serve", "--inventory", "dep"], folder), ["depot 22.yaml"]);
    rmSync(folder, { recursive: true });
  });
});

suite("completion zsh and fish", () => {
  for (const shell of ["zsh", "fish"]) {
    // Where the shell is installed it is asked; no package is added for this alone.
    const where = program(shell) === undefined ? " (its syntax is not checked: no such shell here)" : "";
    test(`${shell} names every command and option${where}`, async () => {
      const script = await scriptOf(shell);
      for (const { name, options } of COMMANDS) {
        assert.match(script, new RegExp(`\\b${name}\\b`));
        for (const option of options) assert.match(script, new RegExp(`(--|-l )${option.name}\\b`));
      }
      if (where !== "") return;
      const checked = spawnSync(shell, ["-n", "/dev/stdin"], { input: script, encoding: "utf8" });
      assert.deepEqual([checked.status, checked.stderr], [0, ""]);
    });
  }
});

test("completion of a shell that it does not know is an error with a hint", async () => {
  await assert.rejects(async () => scriptOf("tcsh"), {
    code: "usage",
    message: 'Cannot complete for "tcsh": no such shell here',
    hint: "one of bash, zsh, fish",
  });
  await assert.rejects(async () => scriptOf("constructor"), { code: "usage" });
});
