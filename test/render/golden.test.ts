/**
 * `test/rendered/NAME/`: everything that is rendered from `examples/NAME.yaml`, as it was last read by a person; of the
 * kernel engine's, what is different.
 *
 * After a change that is meant: `UPDATE=1 npm run tests -- test/render/golden.test.ts`, then read the difference.
 */
import assert from "node:assert/strict";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { ALL, rendered } from "../../src/cli/render-choice.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import { BY_KERNEL, EXAMPLES, type Example, exampleSubject } from "./subjects.ts";

const FOLDER = new URL("../rendered/", import.meta.url).pathname;

suite("test/rendered", () => {
  for (const name of [...EXAMPLES, BY_KERNEL.name]) {
    test(`${name}: every file, byte by byte`, async () => {
      const texts = await textsOf(name);
      const folder = join(FOLDER, name);
      if (process.env["UPDATE"] === "1") rewrite(folder, texts);
      const there = globSync("**/*", { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
      const kept = new Map(there.map((entry) => [entry.parentPath, entry.name]).map((parts) => read(parts, folder)));
      assert.deepEqual([...kept.keys()].sort(), [...texts.keys()].sort());
      for (const [path, text] of texts) assert.equal(text, kept.get(path), path);
    });

    test(`${name}: once more, it is the same`, async () => {
      assert.deepEqual(await textsOf(name), await textsOf(name));
    });
  }
});

/** Path -> text; what is refused stands under its message. */
async function textsOf(name: Example): Promise<ReadonlyMap<string, string>> {
  const subject = exampleSubject(name);
  const targets = name === BY_KERNEL.name ? BY_KERNEL.targets : [ALL];
  const chosen = await Promise.all(targets.map((target) => rendered({ name: target }, subject)));
  const [files, refused] = [chosen.flatMap((each) => each.files), chosen.flatMap((each) => each.refused)];
  const list = refused.map(({ message, hint }) => `${message}\n${hint}\n`).join("");
  const texts = files.map((file) => [file.path, textOf(file, subject)] as const);
  return new Map(list === "" ? texts : [...texts, ["refused.txt", list]]);
}

function rewrite(folder: string, texts: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function read([parent = "", name = ""]: readonly string[], folder: string): readonly [string, string] {
  const path = join(parent, name);
  return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
}
