import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import fc from "fast-check";
import { loadInventory } from "../inventory/load.ts";
import { History } from "./history.ts";
import { type Entry, formatEntry, hashOf, parseEntry } from "./history-entry.ts";
import { inventoryOf } from "./history-inventory.ts";

const AT = Date.UTC(2026, 11, 1, 12);
const FILES = [{ file: "ecluse.yaml", text: "language: fr\n" }];

suite("History", () => {
  test("is empty at first", async (t) => {
    const history = await History.open(folderOf(t));
    assert.equal(await history.last(), undefined);
    assert.deepEqual(await history.list(), []);
  });

  test("numbers entries from 1; the last is in force, also after a restart", async (t) => {
    const folder = folderOf(t);
    const history = await History.open(folder);
    for (const text of ["a", "b", "c"]) await history.append({ at: AT, author: "alice", files: [{ file: "e", text }] });
    for (const opened of [history, await History.open(folder)]) {
      assert.deepEqual(
        (await opened.list()).map(({ number }) => number),
        [1, 2, 3],
      );
      assert.equal((await opened.last())?.files[0]?.text, "c");
      assert.equal((await opened.get(2)).files[0]?.text, "b");
    }
  });

  test("keeps author, note, instant and hash; steering characters are escaped, and long texts cut", async (t) => {
    const history = await History.open(folderOf(t));
    const note = `\u001b[2J${"x".repeat(500)}`;
    await history.append({ at: AT, author: "al\nice", note, files: FILES });
    const [head] = await history.list();
    assert.ok(head && "author" in head);
    assert.equal(head.author, "al\\u{a}ice");
    assert.equal(head.note, `\\u{1b}[2J${"x".repeat(196)}`);
    assert.deepEqual([head.at, head.hash], [AT, hashOf(FILES)]);
    assert.ok(!("files" in head));
  });

  test("entries are for nobody else to read", async (t) => {
    const folder = folderOf(t);
    await (await History.open(folder)).append({ at: AT, author: "a", files: FILES });
    assert.equal(statSync(pathOf(folder, 1)).mode & 0o777, 0o600);
  });

  test("appends at once take numbers of their own, in order", async (t) => {
    const history = await History.open(folderOf(t));
    const entries = await Promise.all(
      ["a", "b", "c"].map((text) => history.append({ at: AT, author: "a", files: [{ file: "e", text }] })),
    );
    assert.deepEqual(
      entries.map(({ number, files }) => `${number}${files[0]?.text ?? ""}`),
      ["1a", "2b", "3c"],
    );
  });

  test("keeps the last 200, and the one that an application may still go back to", async (t) => {
    const folder = folderOf(t);
    const history = await History.open(folder);
    for (let index = 0; index < 5; index += 1) await history.append({ at: AT, author: "a", files: FILES });
    for (let index = 0; index < 205; index += 1) {
      await history.append({ at: AT, author: "a", files: FILES, confirmWithin: 60_000 });
    }
    assert.equal(readdirSync(join(folder, "history")).length, 201);
    assert.equal((await history.get(5)).number, 5);
    await assert.rejects(history.get(4), { code: "usage", hint: "the history has 5 to 210" });
    assert.equal((await history.append({ at: AT, author: "a", files: FILES })).number, 211);
    assert.equal(readdirSync(join(folder, "history")).length, 200);
  });

  test("going back is a new entry with the old content, and says so", async (t) => {
    const history = await History.open(folderOf(t));
    for (const text of ["a", "b"]) await history.append({ at: AT, author: "a", files: [{ file: "e", text }] });
    const entry = await history.rollback(1, { at: AT + 1, author: "bob" });
    assert.deepEqual([entry.number, entry.note, entry.files[0]?.text], [3, "back to 1", "a"]);
    assert.equal((await history.last())?.number, 3);
  });
});

suite("History: damage", () => {
  const damages: Readonly<Record<string, (path: string) => void>> = {
    "cut short": (path) => truncateSync(path, 300),
    "cut by a byte": (path) => truncateSync(path, statSync(path).size - 1),
    empty: (path) => truncateSync(path, 0),
    "a byte turned in its files": (path) => flip(path, -5),
    "a byte turned in its head": (path) => flip(path, 80),
    "something added": (path) => appendFileSync(path, "\n"),
    "another entry's file": (path) => copyFileSync(path.replace("000002", "000001"), path),
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(`${name}: the entry is named, never read nor passed over, and the one before is offered`, async (t) => {
      const folder = folderOf(t);
      const history = await History.open(folder);
      for (const text of ["a", "b"]) await history.append({ at: AT, author: "a", files: [{ file: "e", text }] });
      damage(pathOf(folder, 2));
      const again = await History.open(folder);
      const refusal = {
        code: "inventory-unreadable",
        message: /applied inventory 2 in .*000002/,
        hint: /ecluse rollback 1$/,
      };
      await assert.rejects(again.last(), refusal);
      await assert.rejects(again.rollbackIfDue({ kind: "restarted" }, { at: AT, author: "e" }), refusal);
      assert.deepEqual(
        (await again.list()).map(({ number }) => number),
        [1, 2],
      );
      assert.equal((await again.rollback(1, { at: AT, author: "a" })).number, 3);
    });
  }

  test("a head that is damaged stands in the list, and nothing can wait on it", async (t) => {
    const folder = folderOf(t);
    const history = await History.open(folder);
    await history.append({ at: AT, author: "a", files: FILES });
    flip(pathOf(folder, 1), 80);
    assert.deepEqual(await history.list(), [{ number: 1, damaged: "its head is not what was written" }]);
    await assert.rejects(history.append({ at: AT, author: "a", files: FILES, confirmWithin: 60_000 }), {
      code: "inventory-unreadable",
    });
    assert.equal((await history.append({ at: AT, author: "a", files: FILES })).number, 2);
  });

  test("any single byte turned is noticed", () => {
    const text = Buffer.from(formatEntry(entryOf([{ file: "e.yaml", text: "language: fr\n" }])));
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const turned = Buffer.from(text);
        turned[at] = (turned[at] ?? 0) ^ mask;
        assert.equal(parseEntry(turned.toString("utf8"), 7), undefined);
      }),
    );
  });
});

suite("History: confirmation", () => {
  const restarted = { kind: "restarted" } as const;
  const by = { at: AT, author: "ecluse" };

  async function waiting(t: TestContext): Promise<{ readonly folder: string; readonly history: History }> {
    const folder = folderOf(t);
    const history = await History.open(folder);
    await history.append({ at: AT, author: "a", files: [{ file: "e", text: "old" }] });
    await history.append({ at: AT, author: "a", files: [{ file: "e", text: "new" }], confirmWithin: 60_000 });
    return { folder, history };
  }

  test("a restart before it was confirmed goes back, whatever the hour", async (t) => {
    const { folder } = await waiting(t);
    const rolled = await (await History.open(folder)).rollbackIfDue(restarted, by);
    assert.deepEqual([rolled?.insteadOf, rolled?.entry.number, rolled?.entry.files[0]?.text], [2, 3, "old"]);
    const again = await History.open(folder);
    assert.equal(await again.rollbackIfDue(restarted, by), undefined);
    assert.equal((await again.last())?.files[0]?.text, "old");
  });

  test("a restart after it was confirmed changes nothing", async (t) => {
    const { folder, history } = await waiting(t);
    await history.confirm(AT + 1);
    const again = await History.open(folder);
    assert.equal(await again.rollbackIfDue(restarted, by), undefined);
    assert.equal((await again.last())?.files[0]?.text, "new");
  });

  test("while the process runs, exactly the time that was given", async (t) => {
    const { history } = await waiting(t);
    assert.equal(await history.rollbackIfDue({ kind: "elapsed", milliseconds: 59_999 }, by), undefined);
    assert.equal((await history.rollbackIfDue({ kind: "elapsed", milliseconds: 60_000 }, by))?.entry.number, 3);
  });

  test("of a confirmation and an end that come at once, one happens", async (t) => {
    const { history } = await waiting(t);
    const [confirm, rolled] = await Promise.allSettled([
      history.confirm(AT),
      history.rollbackIfDue({ kind: "elapsed", milliseconds: 60_000 }, by),
    ]);
    assert.equal(confirm.status, "fulfilled");
    assert.ok(rolled.status === "fulfilled" && rolled.value === undefined);
    await assert.rejects(history.confirm(AT), { code: "usage" });
  });

  test("a second unconfirmed application goes back to the last confirmed one", async (t) => {
    const { history } = await waiting(t);
    await history.append({ at: AT, author: "a", files: [{ file: "e", text: "newer" }], confirmWithin: 60_000 });
    assert.equal((await history.rollbackIfDue(restarted, by))?.entry.files[0]?.text, "old");
  });

  test("an application that asks for no confirmation settles the one that waited", async (t) => {
    const { history } = await waiting(t);
    await history.append({ at: AT, author: "a", files: [{ file: "e", text: "settled" }] });
    assert.equal(await history.rollbackIfDue(restarted, by), undefined);
  });

  test("is refused where there is nothing to go back to, or for no sane time", async (t) => {
    const history = await History.open(folderOf(t));
    await assert.rejects(history.append({ at: AT, author: "a", files: FILES, confirmWithin: 60_000 }), {
      code: "usage",
    });
    await history.append({ at: AT, author: "a", files: FILES });
    for (const confirmWithin of [0, 4_999, 86_400_001, NaN]) {
      await assert.rejects(history.append({ at: AT, author: "a", files: FILES, confirmWithin }), { code: "usage" });
    }
    assert.equal((await history.last())?.number, 1);
  });
});

suite("inventoryOf", () => {
  const fixtures = ["smallest", "include", "bom-crlf", "exceptions", "accountability"].map(
    (name) => `test/fixtures/inventory/valid/${name}.yaml`,
  );
  for (const file of fixtures) {
    test(`reads ${file} back from its entry as from the disk`, () => {
      const read = loadInventory(file, { now: AT });
      assert.ok(read.inventory);
      const entry = parseEntry(formatEntry(entryOf(read.files)), 7);
      assert.ok(entry);
      assert.deepEqual(inventoryOf(entry).inventory, read.inventory);
    });
  }

  test("includes by pattern, by absolute path, and from a folder above, without the disk", (t) => {
    const folder = folderOf(t);
    mkdirSync(join(folder, "d"));
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    write(
      "ecluse.yaml",
      readFileSync("test/fixtures/inventory/valid/smallest.yaml", "utf8") + "\ninclude: ['./d/*.yaml']\n",
    );
    write("d/a.yaml", `include: [${join(folder, "b.yaml")}, ../c*.yaml]\n`);
    write("b.yaml", "machines: { one: { address: 192.168.1.1 } }\n");
    write("c.yaml", "machines: { two: { address: 192.168.1.2 } }\n");
    const read = loadInventory(join(folder, "ecluse.yaml"), { now: AT });
    assert.equal(read.files.length, 4);
    assert.ok(read.inventory, read.findings.map(({ message }) => message).join("\n"));
    rmSync(folder, { recursive: true });
    assert.deepEqual(inventoryOf(entryOf(read.files)).inventory, read.inventory);
  });

  test("judges as of the instant of application: an exception that has ended since stops no restart", () => {
    const read = loadInventory("test/fixtures/inventory/valid/exceptions.yaml", { now: AT });
    const entry = entryOf(read.files);
    assert.ok(inventoryOf(entry).inventory);
    assert.equal(inventoryOf(entry, Date.UTC(2099, 0)).inventory, undefined);
  });

  test("says which entry lacks a file rather than read the rest", () => {
    const read = loadInventory("test/fixtures/inventory/valid/include.yaml", { now: AT });
    const entry = entryOf([...read.files, { file: "elsewhere.yaml", text: "" }]);
    assert.throws(() => inventoryOf(entry), { code: "inventory-unreadable", message: /applied inventory 7/ });
  });
});

suite("hashOf", () => {
  const files = (folder: string, text = "x") => [
    { file: join(folder, "ecluse.yaml"), text },
    { file: join(folder, "depots/1.yaml"), text: "y" },
  ];
  test("is the same for the same inventory in another folder, and differs with any text or name", () => {
    assert.equal(hashOf(files("/etc/ecluse")), hashOf(files(".")));
    assert.notEqual(hashOf(files(".")), hashOf(files(".", "z")));
    const renamed = files(".").map((each, index) => (index === 1 ? { ...each, file: "depots/2.yaml" } : each));
    assert.notEqual(hashOf(files(".")), hashOf(renamed));
  });
});

function entryOf(files: Entry["files"]): Entry {
  return { number: 7, at: AT, author: "alice", hash: hashOf(files), files };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function pathOf(folder: string, number: number): string {
  return join(folder, "history", `${String(number).padStart(6, "0")}.applied`);
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-history-"));
  mkdirSync(join(folder, "history"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
