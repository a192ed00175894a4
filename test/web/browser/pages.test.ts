/** Every page, in both languages, light and dark, on a desk and on a phone: nobody complains, and everything fits. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { needs } from "../../support/packages.ts";
import { PHONE, type Reader, signedIn, startBrowser } from "./browsing.ts";
import { lookAtEach } from "./each-page.ts";
import { FEW, type Site, siteOf } from "./site.ts";

const READERS: readonly Reader[] = [
  { language: "fr", scheme: "light" },
  { language: "en", scheme: "dark" },
  { language: "en", scheme: "light", size: PHONE },
  { language: "fr", scheme: "dark", size: PHONE },
];

suite("the dashboard's pages in Chromium", { skip: needs(["chromium"]), timeout: 280_000 }, () => {
  let browser: Browser;
  let site: Site;
  before(async () => {
    browser = await startBrowser();
    site = await siteOf(FEW, [[22, 1]]);
    // Heard of by a session that is over; another one is inside.
    (await site.enter(22, 1)).end();
    await site.enter(22, 1);
    // Nobody answers there: it is down from now on.
    await assert.rejects(site.enter(22, 2));
    await site.knock(1, 1);
  });
  after(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  });

  for (const reader of READERS) {
    const { language, scheme, size } = reader;
    const name = `${language}-${scheme}-${size === undefined ? "desk" : "phone"}`;
    test(`each page, ${name}`, async () => {
      const context = await signedIn(browser, site, reader);
      await lookAtEach(context, site, { ...reader, name });
      await context.close();
    });
  }

  test("who pays, who was refused and what is broken is said on the first screen", async () => {
    const context = await signedIn(browser, site, { language: "en", scheme: "light" });
    const page = await context.newPage();
    await page.goto(site.url);
    assert.match(await textOf(page, ".inside"), new RegExp(`22/01 .*till ${site.till.replaceAll(".", "\\.")}`));
    assert.match(
      await textOf(page, ".refused"),
      new RegExp(`${site.stranger.replaceAll(".", "\\.")} at 1/01 Caisse 1`),
    );
    assert.match(await textOf(page, ".attention"), /22\/02 is down since \d\d:\d\d: it refuses the connection\./);
    await page.goto(new URL("/terminal/depot22-tpe02", site.url).href);
    assert.match(await textOf(page, ".lead"), /it is this terminal, not the link/);
    await context.close();
  });
});

async function textOf(page: Page, selector: string): Promise<string> {
  const text = await page.locator(selector).first().innerText();
  return text.replaceAll(/\s+/g, " ");
}
