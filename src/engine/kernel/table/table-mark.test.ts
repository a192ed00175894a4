import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { type Where, tableMark, whereWeAre } from "./table-mark.ts";

const folder = mkdtempSync(join(tmpdir(), "ecluse-mark-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "kernel-table");
const HERE: Where = { boot: "1b4e28ba2fa111d2883f0016d3cca427", network: "net:[4026531833]" };
const OTHER = { boot: "6ba7b8109dad11d180b400c04fd430c8", network: "net:[4026532001]" };

suite("tableMark", () => {
  test("is there from put to remove, for its owner alone", () => {
    const mark = tableMark(file, HERE);
    assert.equal(mark.isThere(), false);
    mark.put();
    assert.equal(mark.isThere(), true);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    mark.remove();
    assert.equal(mark.isThere(), false);
    mark.remove();
  });

  for (const [what, now, expected] of [
    ["the same start of the machine, the same network", HERE, true],
    ["another start of the machine", { ...HERE, boot: OTHER.boot }, false],
    ["another network namespace", { ...HERE, network: OTHER.network }, false],
    ["it is not known which start this is", { ...HERE, boot: "" }, true],
    ["it is not known which network this is", { ...HERE, network: "" }, true],
    ["another start, and the network is not known", { boot: OTHER.boot, network: "" }, false],
  ] as const) {
    test(`${what}: ${expected ? "it counts" : "it says nothing"}`, () => {
      tableMark(file, HERE).put();
      assert.equal(tableMark(file, now).isThere(), expected);
    });
  }

  for (const text of ["", "\n", HERE.boot]) {
    test(`cut short to ${JSON.stringify(text)} it counts`, () => {
      writeFileSync(file, text);
      assert.equal(tableMark(file, HERE).isThere(), true);
    });
  }

  test("a folder that is not there keeps nobody from serving", () => {
    const mark = tableMark(join(folder, "absent", "kernel-table"), HERE);
    mark.put();
    assert.equal(mark.isThere(), false);
    mark.remove();
  });
});

suite("whereWeAre", () => {
  test("the kernel's words, without dashes", () => {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    assert.equal(whereWeAre().boot, boot.replaceAll("-", ""));
    assert.match(whereWeAre().network, /^net:\[\d+\]$/);
  });

  test("the service manager's word, with dashes or without, comes before the kernel's", () => {
    assert.equal(whereWeAre(OTHER.boot).boot, OTHER.boot);
    assert.equal(whereWeAre("6ba7b810-9dad-11d1-80b4-00c04fd430c8").boot, OTHER.boot);
  });
});
