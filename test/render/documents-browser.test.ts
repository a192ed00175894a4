/** The pages in a browser: nothing is asked for, nothing complained of, and everything fits on A4. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type Browser, type Page, chromium } from "playwright-core";
import { needs, program } from "../support/packages.ts";
import { documentsOf } from "./documents.ts";
import { exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

/** A4 without its margins of 12 mm, in CSS pixels (96 to the inch). */
const PAPER = { upright: 703, landscape: 1032 };

/** Every depot full, and called by as many wide letters as a name may have. */
const LONG_NAMES = manyTerminals(72 * 99)
  .replaceAll("{ allow: [tills],", `{ name: ${"W".repeat(80)}, allow: [tills],`)
  .replace("tills: {", `tills: { owner: ${"W".repeat(200)}, reason: ${"m".repeat(200)},`);

suite("the pages in Chromium", { skip: needs(["chromium"]), timeout: 280_000 }, () => {
  test("the complete example, and all depots full", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-pages-"));
    const browser = await chromium.launch({
      executablePath: program("chromium") ?? "chromium",
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    });
    try {
      const full = await documentsOf(
        textSubject(LONG_NAMES),
        (name) => name === "data-flow-diagram" || name === "flow-matrix",
      );
      const pages = [
        ...(await documentsOf(exampleSubject("complete"))),
        ...full.filter((each) => each.language === "fr"),
      ];
      for (const { path, text } of pages.filter(({ format }) => format === "html")) {
        const file = join(folder, "page.html");
        writeFileSync(file, text);
        await look(browser, file, { path, isWide: text.includes("size: A4 landscape") });
      }
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true });
    }
  });
});

interface Sight {
  readonly path: string;
  readonly isWide: boolean;
}

async function look(browser: Browser, file: string, { path, isWide }: Sight): Promise<void> {
  const width = isWide ? PAPER.landscape : PAPER.upright;
  const page = await browser.newPage({ viewport: { width, height: 700 } });
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => said.push(request.url()));
  await page.emulateMedia({ media: "print" });
  await page.goto(`file://${file}`);
  assert.deepEqual(said, [`file://${file}`], path);
  const seen = await measured(page);
  assert.deepEqual({ wider: seen.wider, outside: seen.outside }, { wider: [], outside: [] }, path);
  assert.equal(seen.background, "rgb(255, 255, 255)", path);
  assert.ok(
    seen.heads.every((display) => display === "table-header-group"),
    path,
  );
  await page.close();
}

interface Seen {
  /** What is wider than the paper. */
  readonly wider: readonly string[];
  /** Letters that lie outside their picture. */
  readonly outside: readonly string[];
  readonly heads: readonly string[];
  readonly background: string;
}

/** As text: it runs in the page, which this program's types do not describe. */
function measured(page: Page): Promise<Seen> {
  return page.evaluate<Seen>(`({
    wider: [document.documentElement, ...document.querySelectorAll(".scroll, pre")]
      .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.textContent.slice(0, 80)),
    outside: [...document.querySelectorAll("svg")].flatMap((svg) => [...svg.querySelectorAll("text")]
      .filter((text) => { const { x, y, width, height } = text.getBBox(); const all = svg.viewBox.baseVal;
        return x < 0 || y < 0 || x + width > all.width || y + height > all.height; })
      .map((text) => text.textContent)),
    heads: [...document.querySelectorAll("thead")].map((head) => getComputedStyle(head).display),
    background: getComputedStyle(document.body).backgroundColor,
  })`);
}
