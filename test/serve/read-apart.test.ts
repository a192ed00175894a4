/** The reading process: what becomes of the gateway when it fails in every way that a process can. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, suite, test } from "node:test";
import { Unpacking } from "../../src/change/packed-inventory.ts";
import { readApart } from "../../src/change/read-apart.ts";
import { EcluseError } from "../../src/errors.ts";
import { loadInventory } from "../../src/inventory/load.ts";
import { until } from "../support/loopback.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ecluse-reader-"));
after(() => rm(FOLDER, { recursive: true }));

/** A file of the test's own folder. */
function write(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
}

/** A reading process that does this with the name of its file, instead of reading it. */
function reader(name: string, body: string): { readonly reader: URL } {
  return { reader: pathToFileURL(write(`${name}.mjs`, `process.once("message", (file) => {\n${body}\n});\n`)) };
}

const INVENTORY = `
gateway: { address: 127.64.1.1 }
sources: { till: { addresses: [127.64.1.2], owner: Sales, reason: a test } }
flows: { door: { listen: "127.64.1.1:7001", target: "127.64.1.3:7002", allow: [till] } }
`;

suite("readApart", { timeout: 180_000 }, () => {
  test("the inventory, as data, with nothing missing", async () => {
    const file = write("good.yaml", INVENTORY);
    const result = await readApart({ file });
    assert.equal(result?.inventory?.flows.length, 1);
    assert.deepEqual(result, loadInventory(file));
  });

  test("what a reading before had, too, is the same object; what was changed since is not", async () => {
    const unpacking = new Unpacking();
    const depots = (second: string): string =>
      `${INVENTORY}depots: { 1: { allow: [till], terminals: 1-9 }, ${second} }\n`;
    const file = write("depots.yaml", depots("2: { allow: [till], terminals: 1 }"));
    const first = await readApart({ file }, { unpacking });
    write("depots.yaml", depots("2: { allow: [till], terminals: 1-2 }"));
    const second = await readApart({ file }, { unpacking });
    assert.deepEqual(second, loadInventory(file));
    const [before, after] = [first?.inventory, second.inventory];
    assert.ok(before !== undefined && after !== undefined);
    assert.equal(after.depots[0], before.depots[0]);
    assert.notEqual(after.depots[1], before.depots[1]);
    assert.equal(after.sources[0], before.sources[0]);
  });

  test("two at once: what one of them was not sent, for it was known, is there when it ends last", async () => {
    const unpacking = new Unpacking();
    const [before, other] = [1, 2].map((depot) =>
      write(`depot-${depot}.yaml`, `${INVENTORY}depots: { ${depot}: { allow: [till], terminals: 1-9 } }\n`),
    );
    assert.ok(before !== undefined && other !== undefined);
    await readApart({ file: before }, { unpacking });
    const again = readApart({ file: before }, { unpacking });
    const [between, last] = await Promise.all([readApart({ file: other }, { unpacking }), again]);
    assert.deepEqual([between, last], [loadInventory(other), loadInventory(before)]);
  });

  test("findings are in the result, with their places and the text they stand in", async () => {
    const file = write("wrong.yaml", `${INVENTORY}surces: {}\n`);
    const result = await readApart({ file });
    assert.equal(result?.inventory, undefined);
    assert.deepEqual(
      result?.findings.map(({ code, place }) => [code, place.file, place.line]),
      [["unknown-key", file, 5]],
    );
    assert.equal(result.files[0]?.text, readFileSync(file, "utf8"));
  });

  test("a file that includes itself, through another: a finding, at once", async () => {
    const file = write("circle.yaml", `${INVENTORY}include: [round.yaml]\n`);
    write("round.yaml", "include: [circle.yaml]\n");
    const result = await readApart({ file });
    assert.ok(result?.findings.some(({ code }) => code === "include-cycle"));
  });

  test("an include that never ends (a pipe that nobody writes to): a finding, at once", async () => {
    execFileSync("mkfifo", [join(FOLDER, "pipe.yaml")]);
    const result = await readApart({ file: write("waits.yaml", `${INVENTORY}include: [pipe.yaml]\n`) });
    assert.ok(result?.findings.some(({ code }) => code === "include-unreadable"));
  });

  test("a file that is not there: its own error", async () => {
    await assert.rejects(readApart({ file: join(FOLDER, "none.yaml") }), {
      name: "EcluseError",
      code: "inventory-unreadable",
    });
  });

  const deaths: readonly (readonly [what: string, body: string, how: string])[] = [
    ["ends without an answer", "process.disconnect();", "exit code 0"],
    ["exits with an error", "process.exit(7);", "exit code 7"],
    ["is killed", "process.kill(process.pid, 'SIGKILL');", "signal SIGKILL"],
  ];
  for (const [what, body, how] of deaths) {
    test(`one that ${what}: an error that says so`, async () => {
      await assert.rejects(
        readApart({ file: "/some/file.yaml" }, reader(how.replace(" ", "-"), body)),
        (error: unknown) => {
          assert.ok(error instanceof EcluseError);
          assert.equal(error.message, `Cannot read /some/file.yaml: the reading process ended with ${how}`);
          assert.notEqual(error.hint, "");
          return true;
        },
      );
    });
  }

  test("one that has no end is killed when its time is over", async () => {
    const endless = { ...reader("endless", "for (;;);"), patience: 500 };
    await assert.rejects(readApart({ file: "/some/file.yaml" }, endless), /ended with signal SIGKILL$/);
  });

  test("one that answers and then does not end is not waited for without end", async () => {
    const body = 'process.send({ kind: "read", result: { findings: [], files: [] } }, () => { for (;;); });';
    const result = await readApart({ file: "/some/file.yaml" }, { ...reader("lingers", body), patience: 500 });
    assert.deepEqual(result?.findings, []);
  });

  test("one that cannot even be started", async () => {
    await assert.rejects(
      readApart({ file: "/some/file.yaml" }, { reader: pathToFileURL(join(FOLDER, "absent.mjs")) }),
      {
        code: "inventory-unreadable",
        message: "Cannot read /some/file.yaml: the reading process ended with exit code 1",
      },
    );
  });

  test("given up on a signal, it resolves with nothing and leaves no process behind", async () => {
    const pids = join(FOLDER, "pid");
    const body = `import("node:fs").then((fs) => { fs.writeFileSync(${JSON.stringify(pids)}, String(process.pid)); for (;;); });`;
    const stop = new AbortController();
    const reading = readApart({ file: "/some/file.yaml" }, { ...reader("given-up", body), signal: stop.signal });
    let pid = 0;
    await until(() => (pid = pidIn(pids)) > 0, "the reading process");
    stop.abort();
    assert.equal(await reading, undefined);
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.equal(await readApart({ file: "/some/file.yaml" }, { signal: stop.signal }), undefined);
  });
});

function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}
