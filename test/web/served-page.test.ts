/** The page itself, as it is served: every file it asks for is there. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { suite, test } from "node:test";
import { readPage } from "../../src/web/server/page-files.ts";

const IMPORTED = /(?:\bfrom|\bimport)\s*\(?\s*"([^"\s]+)"/g;

suite("the page", () => {
  const { files, shell } = readPage();
  const scripts = [...files].filter(([, { type }]) => type.startsWith("text/javascript"));

  test("asks for nothing that is not served", () => {
    assert.ok(scripts.length > 10);
    const missing = scripts.flatMap(([path, { body }]) =>
      [...String(body).matchAll(IMPORTED)]
        .map(([, name = ""]) => (name.startsWith(".") ? posix.join(posix.dirname(path), name) : name))
        .filter((name) => !files.has(name))
        .map((name) => `${path} imports ${name}`),
    );
    assert.deepEqual(missing, []);
  });

  test("its shell leads to files that are served, and holds no script and no style of its own", () => {
    const html = String(shell.body);
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((path) => !files.has(path)),
      [],
    );
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=/i);
  });

  test("no test of it, and nothing but scripts, styles and pictures, is served", () => {
    for (const path of files.keys()) assert.match(path, /^(?:\/page|\/lib|\/favicon)[\w/.-]*\.(?:ts|js|css|svg)$/);
    assert.deepEqual(
      [...files.keys()].filter((path) => path.includes(".test.")),
      [],
    );
  });
});
