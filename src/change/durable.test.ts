import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { removeDurably, sweepLeftovers, writeDurably } from "./durable.ts";

suite("writeDurably", () => {
  test("writes what it is given, for nobody else to read", async (t) => {
    const file = join(folderOf(t), "grants");
    await writeDurably(file, "first");
    await writeDurably(file, new TextEncoder().encode("second"));
    assert.equal(readFileSync(file, "utf8"), "second");
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test("gives another mode whatever the umask", async (t) => {
    const file = join(folderOf(t), "shown");
    await writeDurably(file, "x", { mode: 0o644 });
    assert.equal(statSync(file).mode & 0o777, 0o644);
  });

  test("writers at once leave one of their contents, whole, and nothing beside it", async (t) => {
    const folder = folderOf(t);
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
    await Promise.all(contents.map((content) => writeDurably(join(folder, "f"), content)));
    assert.ok(contents.includes(readFileSync(join(folder, "f"), "utf8")));
    assert.deepEqual(readdirSync(folder), ["f"]);
  });

  test("replaces a link instead of writing through it", async (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, "elsewhere"), "untouched");
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
    await writeDurably(join(folder, "link"), "new");
    assert.equal(readFileSync(join(folder, "elsewhere"), "utf8"), "untouched");
  });

  test("says what stood in the way, and leaves nothing", async (t) => {
    const folder = folderOf(t);
    mkdirSync(join(folder, "taken"));
    await assert.rejects(writeDurably(join(folder, "taken"), "x"), {
      code: "cannot-write",
      message: /EISDIR|a folder/,
    });
    await assert.rejects(writeDurably(join(folder, "no", "file"), "x"), {
      code: "cannot-write",
      message: /no such folder/,
    });
    assert.deepEqual(readdirSync(folder), ["taken"]);
  });
});

test("sweepLeftovers removes what interrupted writes left, and nothing else", async (t) => {
  const folder = folderOf(t);
  const leftover = `.grants.${"0a".repeat(12)}.ecluse-tmp`;
  for (const name of [leftover, ".hidden", "grants", "x.ecluse-tmp"]) writeFileSync(join(folder, name), "");
  assert.deepEqual(await sweepLeftovers(folder), [leftover]);
  assert.deepEqual(readdirSync(folder).sort(), [".hidden", "grants", "x.ecluse-tmp"]);
});

test("removeDurably is content with a file that is gone", async (t) => {
  const file = join(folderOf(t), "f");
  writeFileSync(file, "");
  await removeDurably(file);
  await removeDurably(file);
  assert.deepEqual(readdirSync(join(file, "..")), []);
});

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-durable-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
