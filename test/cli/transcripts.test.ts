/**
 * `test/transcripts/*.txt`: command lines and everything they print, stdout and stderr together, as a person sees them.
 *
 * Each `$ ecluse ...` is run, and the file has to be what came of it. After a change that is meant:
 * `UPDATE=1 npm run tests -- test/cli/transcripts.test.ts`, then read the difference.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { commandLine } from "../serve/serving.ts";

const FOLDER = new URL("../transcripts/", import.meta.url).pathname;

/** What lies in the folder, where it is not empty. */
const FILES: Readonly<Record<string, string>> = { "import.txt": "test/fixtures/import/founding-document" };

suite("test/transcripts", () => {
  for (const name of readdirSync(FOLDER)) {
    test(name, () => {
      const file = join(FOLDER, name);
      const expected = readFileSync(file, "utf8");
      const lines = expected.split("\n").filter((line) => line.startsWith("$ "));
      const actual = lines.map((line) => `${line}\n${outputOf(line, FILES[name])}`).join("\n");
      if (process.env["UPDATE"] === "1") writeFileSync(file, actual);
      else assert.equal(actual, expected);
    });
  }

  test("the help of every command is among them", () => {
    const help = readFileSync(join(FOLDER, "help.txt"), "utf8");
    const shown = [...help.matchAll(/^\$ ecluse (\S+) --help$/gm)].map(([, name]) => name);
    assert.deepEqual(
      shown,
      COMMANDS.map(({ name }) => name),
    );
  });
});

/** In a folder with those files, whose own path is left out, without any setting of the caller's. */
function outputOf(line: string, files: string | undefined): string {
  const [program, ...words] = line.slice(2).split(" ");
  assert.equal(program, "ecluse");
  const folder = mkdtempSync(join(tmpdir(), "ecluse-transcript-"));
  if (files !== undefined) cpSync(files, folder, { recursive: true });
  const output = openSync(join(folder, "output"), "w");
  const env = { PATH: process.env["PATH"] };
  const { status } = spawnSync(process.execPath, commandLine(words), {
    cwd: folder,
    env,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const text = readFileSync(join(folder, "output"), "utf8").replaceAll(`${folder}/`, "");
  rmSync(folder, { recursive: true });
  return `${text}[exit ${status ?? "by a signal"}]\n`;
}
