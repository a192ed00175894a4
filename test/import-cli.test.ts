/** `ecluse import`, called as the command line calls it; from the founding document to a checked inventory. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import type { Invocation, Run } from "../src/cli/command.ts";
import { run as check } from "../src/cli/commands/check.ts";
import { run as importFiles } from "../src/cli/commands/import.ts";
import { EcluseError } from "../src/errors.ts";

const DOCUMENT = "test/fixtures/import/founding-document/document.txt";
const SOURCES = ["IP_AUTORISEE=203.0.113.7", "VOTRE_IP_ADMIN=192.0.2.10"];

const folder = mkdtempSync(join(tmpdir(), "ecluse-import-"));
after(() => rmSync(folder, { recursive: true }));

suite("import", () => {
  test("leads from the founding document's texts to a checked inventory in two commands", async () => {
    const out = join(folder, "founding.yaml");
    const options = { ufw: [DOCUMENT], repair: true, address: "198.51.100.10", source: SOURCES, out } as const;
    const imported = await call(importFiles, options, ["compose", DOCUMENT]);
    assert.deepEqual([imported.code, imported.out], [0, ""]);
    assert.ok(imported.err.endsWith(`${out} written. Now: ecluse check --inventory ${out}\n`));
    const checked = await call(check, { inventory: out, show: true });
    assert.equal(checked.code, 0);
    assert.match(checked.out, /^depot22-tpe02 +198\.51\.100\.10:12202 +172\.17\.22\.11:8888 +ip-autorisee /m);
    assert.equal(statSync(out).mode & 0o777, 0o640);
  });

  test("refuses that document without --repair, and writes nothing", async () => {
    const out = join(folder, "refused.yaml");
    const { code, err } = await call(importFiles, { out, address: "198.51.100.10" }, ["compose", DOCUMENT]);
    assert.equal(code, 1);
    assert.match(err, /document\.txt:45:5: error: the service `depot01-tpe01` holds nothing.*\[null-service\]/);
    assert.match(err, /document\.txt:60:1: error: `restart` stands at the top.*\[leaked-key\]/);
    assert.ok(err.endsWith("nothing written: 9 errors\n"));
    assert.throws(() => readFileSync(out), /ENOENT/);
  });

  test("never overwrites a file unasked", async () => {
    const out = join(folder, "mine.yaml");
    writeFileSync(out, "mine\n");
    const options = { repair: true, address: "198.51.100.10", out } as const;
    await assert.rejects(call(importFiles, options, ["compose", DOCUMENT]), isError("cannot-write", /exists already/));
    assert.equal(readFileSync(out, "utf8"), "mine\n");
    assert.equal((await call(importFiles, { ...options, force: true }, ["compose", DOCUMENT])).code, 0);
    assert.match(readFileSync(out, "utf8"), /^gateway:$/m);
  });

  test("prints data with --json, the refusal too", async () => {
    const good = await call(importFiles, { json: true, address: "198.51.100.10" }, ["csv", DOCUMENT]);
    const data = JSON.parse(good.out) as { inventory: string; did: object[]; findings: { code: string }[] };
    assert.match(data.inventory, /^depots:$/m);
    assert.deepEqual(data.did[1], {
      place: { file: DOCUMENT, line: 137, column: 1 },
      text: "depot01-tpe01: a row of the table",
    });
    assert.deepEqual(
      data.findings.map(({ code }) => code),
      ["not-a-row"],
    );
    assert.deepEqual([good.code, good.err], [1, ""]);
    const bad = await call(importFiles, { json: true }, ["compose", DOCUMENT]);
    assert.deepEqual([bad.code, (JSON.parse(bad.out) as { inventory: null }).inventory], [1, null]);
  });

  test("joins several files of one format", async () => {
    const files = [1, 2].map((depot) => {
      const file = join(folder, `depot${depot}.yml`);
      writeFileSync(
        file,
        `services:\n  a:\n    command: 172.17.${depot}.10 8888\n    ports: ["${10_001 + depot * 100}:8888"]\n`,
      );
      return file;
    });
    const { out } = await call(importFiles, { address: "198.51.100.10" }, ["compose", ...files]);
    assert.match(out, /^ {2}1:\n {4}terminals: 1\n {2}2:\n {4}terminals: 1\n/m);
  });

  test("takes the gateway's address from the only one on which something is published", async () => {
    const file = join(folder, "address.yml");
    writeFileSync(
      file,
      'services:\n  a: { command: 172.17.1.10 8888, ports: ["198.51.100.7:10101:8888"], restart: always }\n',
    );
    const { code, out } = await call(importFiles, {}, ["compose", file]);
    assert.equal(code, 0);
    assert.match(out, /^ {2}address: 198\.51\.100\.7$/m);
  });

  const refused = [
    ["without an address", {}, ["csv", DOCUMENT], /no file says the gateway's address/],
    ["an address that is none", { address: "host" }, ["csv", DOCUMENT], /`host` is not an IPv4 address/],
    ["an unknown format", {}, ["excel", DOCUMENT], /`excel` is no format/],
    ["a file that is not there", {}, ["csv", "no/such.csv"], /Cannot read no\/such\.csv: no such file/],
    ["a folder", {}, ["csv", "test"], /Cannot read test: it is a folder/],
    ["a source without address", { source: ["odoo"] }, ["csv", DOCUMENT], /names no source and its address/],
    [
      "a source that no rule names",
      { source: ["x=192.0.2.1"], address: "192.0.2.9" },
      ["csv", DOCUMENT],
      /no rule names/,
    ],
    ["standard input twice", { ufw: ["-"] }, ["compose", "-"], /only once/],
    ["--repair of a table", { repair: true }, ["csv", DOCUMENT], /for compose files/],
  ] as const;
  for (const [what, options, operands, message] of refused) {
    test(`cannot run: ${what}`, async () => {
      await assert.rejects(call(importFiles, options, operands), isError("usage", message));
    });
  }
});

function isError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof EcluseError && error.code === code && message.test(error.message);
}

async function call(
  run: Run,
  options: Invocation["options"],
  operands: readonly string[] = [],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    colour: false,
    env: {},
    line: [],
  };
  const code = await run({ options, operands, io });
  return { code, out, err };
}
