/** The documents before those who judge or read them: an HTML validator, an XML parser, Python's CSV reader. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { HtmlValidate } from "html-validate";
import type { Subject } from "../../src/render/subject.ts";
import { needs } from "../support/packages.ts";
import { parseCsv } from "./csv.ts";
import { type RenderedDocument, documentsOf } from "./documents.ts";
import { EXAMPLES, exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

/** Names with every sign that means something in a page, a picture or a sheet, as far as an inventory lets them be. */
const HOSTILE = manyTerminals(3)
  .replace("1: {", "1: { name: \"-(x)'_&.’/\", owner: '=cmd,@;:#!%&amp;', reason: \"+'&lt;b&gt;\", ")
  .replace("tills: {", 'tills: { reason: "https://evil.example/?a=1&b=2;#c", ');

const SUBJECTS: readonly (readonly [string, () => Subject])[] = [
  ...EXAMPLES.map((name) => [name, () => exampleSubject(name)] as const),
  ["72 depots", () => textSubject(manyTerminals(72 * 99))],
  ["hostile names", () => textSubject(HOSTILE)],
];

async function formOf(subject: Subject, format: RenderedDocument["format"]): Promise<readonly RenderedDocument[]> {
  return (await documentsOf(subject)).filter((each) => each.format === format);
}

suite("the pages", () => {
  const validator = new HtmlValidate({
    extends: ["html-validate:recommended", "html-validate:a11y"],
    rules: {
      // Lower case is as good.
      "doctype-style": "off",
      // A frame that is scrolled is a region with a name, and no section of the text.
      "prefer-native-element": "off",
      // A telephone number is the inventory's, as it was written.
      "tel-non-breaking": "off",
    },
  });

  for (const [name, subject] of SUBJECTS.filter(([each]) => each !== "72 depots")) {
    test(`${name}: are HTML`, async () => {
      const pages = await formOf(subject(), "html");
      assert.equal(pages.length, 14);
      for (const { path, text } of pages) {
        const { results } = validator.validateStringSync(text, path);
        const messages = results.flatMap((result) => result.messages.map((each) => `${each.line}: ${each.message}`));
        assert.deepEqual(messages, [], path);
      }
    });
  }
});

suite("the pictures", { skip: needs(["libxml2-utils"]) }, () => {
  for (const [name, subject] of SUBJECTS) {
    test(`${name}: are XML, one for each depot and one of all`, async () => {
      const rendered = subject();
      const pictures = await formOf(rendered, "svg");
      assert.equal(pictures.length, 2 * (1 + rendered.inventory.depots.length));
      const folder = mkdtempSync(join(tmpdir(), "ecluse-pictures-"));
      const files = pictures.map(({ path }) => join(folder, path.replaceAll("/", "_")));
      files.forEach((file, index) => writeFileSync(file, pictures[index]?.text ?? ""));
      const { status, stderr } = spawnSync("xmllint", ["--noout", "--nonet", ...files], { encoding: "utf8" });
      rmSync(folder, { recursive: true });
      assert.equal(stderr, "");
      assert.equal(status, 0);
    });
  }
});

suite("the sheets", { skip: needs(["python3"]) }, () => {
  const READ = [
    "import csv, io, json, sys",
    "def rows(text, separator):",
    "  return list(csv.reader(io.StringIO(text.removeprefix(chr(0xFEFF)), newline=''), delimiter=separator, strict=True))",
    "print(json.dumps([rows(*sheet) for sheet in json.load(sys.stdin)]))",
  ].join("\n");

  for (const [name, subject] of SUBJECTS) {
    test(`${name}: are CSV, each row as wide as the first`, async () => {
      const sheets = await formOf(subject(), "csv");
      assert.equal(sheets.length, 10);
      const given = sheets.map(({ text, language }) => [text, language === "fr" ? ";" : ","] as const);
      const { stdout, stderr } = spawnSync("python3", ["-c", READ], {
        input: JSON.stringify(given),
        encoding: "utf8",
        maxBuffer: 64 << 20,
      });
      assert.equal(stderr, "");
      const read = JSON.parse(stdout) as readonly (readonly (readonly string[])[])[];
      assert.deepEqual(
        read,
        given.map(([text, separator]) => parseCsv(text, separator)),
      );
      for (const rows of read) assert.deepEqual([...new Set(rows.map(({ length }) => length))], [rows[0]?.length]);
    });
  }
});
