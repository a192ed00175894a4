/** `ecluse render`, as a person uses it: printed, written, compared; what was changed by hand is safe. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { sha256 } from "../../src/render/rendered-file.ts";
import { commandLine } from "../serve/serving.ts";
import { manyTerminals } from "./subjects.ts";

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

interface Place extends Disposable {
  readonly folder: string;
  readonly at: (...parts: readonly string[]) => string;
  readonly render: (...words: readonly string[]) => Ran;
}

function place(inventory = manyTerminals(3)): Place {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-render-"));
  const at = (...parts: readonly string[]): string => join(folder, ...parts);
  writeFileSync(at("ecluse.yaml"), inventory);
  const render = (...words: readonly string[]): Ran => {
    const { stdout, stderr, status } = spawnSync(process.execPath, commandLine(["render", ...words]), {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    return { out: stdout, err: stderr, code: status };
  };
  return { folder, at, render, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

suite("ecluse render", () => {
  test("prints one file, which says where it comes from", () => {
    using here = place();
    const { out, code } = here.render("logrotate");
    assert.equal(code, 0);
    assert.match(out, /^# Rendered by Ecluse \S+ from ecluse\.yaml, inventory [0-9a-f]{12}, as of \d{4}-\d\d-\d\d\./);
    assert.match(out, /^# SHA-256 of what follows: [0-9a-f]{64}$/m);
  });

  test("a folder: written, as rendered, then with a line changed by hand, then missing", () => {
    using here = place();
    assert.equal(here.render("all", "--out", "out").code, 0);
    assert.deepEqual(here.render("all", "--out", "out", "--check"), { out: "as rendered\n", err: "", code: 0 });
    const file = here.at("out/logrotate/ecluse");
    writeFileSync(file, readFileSync(file, "utf8").replace("daily", "weekly"));
    const { out, code } = here.render("all", "--out", "out", "--check");
    assert.equal(code, 1);
    assert.match(out, /out\/logrotate\/ecluse:4: differs\n {2}there: {8}weekly\n {2}rendered: {5}daily\n/);
    rmSync(file);
    const missing = here.render("all", "--out", "out", "--check", "--json");
    assert.deepEqual(JSON.parse(missing.out), [{ path: "out/logrotate/ecluse", state: "missing" }]);
    assert.equal(missing.code, 1);
  });

  test("what was changed by hand is not replaced, unless it is said so", () => {
    using here = place();
    here.render("all", "--out", "out");
    const file = here.at("out/logrotate/ecluse");
    writeFileSync(file, `${readFileSync(file, "utf8")}# mine\n`);
    const refused = here.render("all", "--out", "out");
    assert.equal(refused.code, 2);
    assert.match(refused.err, /Cannot write out\/logrotate\/ecluse: it was changed by hand/);
    assert.match(readFileSync(file, "utf8"), /# mine/);
    assert.equal(here.render("all", "--out", "out", "--force").code, 0);
    assert.doesNotMatch(readFileSync(file, "utf8"), /# mine/);
  });

  test("a file of somebody's own is not replaced", () => {
    using here = place();
    writeFileSync(here.at("mine"), "mine\n");
    assert.equal(here.render("logrotate", "--out", "mine").code, 2);
    assert.equal(readFileSync(here.at("mine"), "utf8"), "mine\n");
    assert.equal(here.render("logrotate", "--out", "new").code, 0);
    assert.equal(here.render("logrotate", "--out", "new").code, 0);
    assert.equal(statSync(here.at("new")).mode & 0o777, 0o644);
  });

  test("what is no longer rendered is removed, and kept where it was changed by hand", () => {
    using here = place();
    here.render("all", "--out", "out");
    const manifest = JSON.parse(readFileSync(here.at("out/rendered.json"), "utf8")) as {
      files: Record<string, string>;
    };
    for (const name of ["old", "touched"]) writeFileSync(here.at("out", name), name);
    manifest.files["old"] = sha256("old");
    manifest.files["touched"] = sha256("as rendered");
    writeFileSync(here.at("out/rendered.json"), JSON.stringify(manifest));
    assert.match(here.render("all", "--out", "out", "--check").out, /out\/old: no longer rendered/);
    const { out } = here.render("all", "--out", "out");
    assert.match(out, /out\/touched: no longer rendered, but changed by hand: left there/);
    assert.match(out, /out\/old: no longer rendered, removed/);
    assert.ok(existsSync(here.at("out/touched")));
    assert.ok(!existsSync(here.at("out/old")));
  });

  test("says what it cannot do", () => {
    using here = place();
    assert.match(here.render("nothing").err, /there is no target "nothing"/);
    assert.match(here.render("all").err, /name a folder: ecluse render all --out DIR/);
    assert.match(here.render("logrotate", "--check").err, /--check compares files/);
    assert.match(here.render("logrotate", "--machine", "x").err, /no machine "x"/);
    assert.match(here.render("logrotate", "--live").err, /Cannot reach the gateway/);
    writeFileSync(here.at("ecluse.yaml"), "depots: 1\n");
    const refused = here.render("logrotate");
    assert.equal(refused.code, 2);
    assert.match(refused.err, /Cannot render ecluse\.yaml: the inventory has errors/);
  });
});
