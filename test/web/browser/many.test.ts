/** The dashboard with every depot full: 7,128 terminals; and what that costs, printed. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, suite, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { needs } from "../../support/packages.ts";
import { signedIn, startBrowser, watched } from "./browsing.ts";
import { lookAtEach } from "./each-page.ts";
import { MANY, type Site, siteOf } from "./site.ts";

/** The first terminal of each depot answers. */
const ANSWERING = Array.from({ length: 72 }, (_, index) => [index + 1, 1] as const);

/** How long frames are watched, in milliseconds, and how many tills pay meanwhile. */
const WATCHED = 10_000;
const TILLS = 24;

suite("7,128 terminals on the dashboard", { skip: needs(["chromium"]), timeout: 290_000 }, () => {
  let browser: Browser;
  let site: Site;
  let context: BrowserContext;
  before(async () => {
    browser = await startBrowser();
    site = await siteOf(MANY, ANSWERING);
    context = await signedIn(browser, site, { language: "fr", scheme: "light" });
  });
  after(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  });

  test("each page", () => lookAtEach(context, site, { language: "fr", scheme: "light", name: "many" }));

  test("only the rows of the flow matrix that are in sight exist; the others are found", async () => {
    const { page } = await watched(context);
    await page.goto(new URL("/matrix", site.url).href);
    await page.getByText(/^7.128 lignes$/).waitFor();
    assert.ok((await page.locator("tr.is-row").count()) < 100);
    await page.getByPlaceholder("Chercher dans la matrice").fill("depot72-tpe99");
    await page.locator("tr.is-row").filter({ hasText: "17299" }).waitFor();
    assert.equal(await page.locator("tr.is-row").count(), 1);
    await page.close();
  });

  test("the first paint, and an event on the screen, measured", async (t) => {
    const { page } = await watched(context);
    await page.addInitScript(WALL);
    const [paints, walls]: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round += 1) {
      await page.goto(site.url);
      await page.locator(".tile").nth(71).waitFor();
      paints.push(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
      walls.push(await page.evaluate("window.wallAt"));
    }
    t.diagnostic(`first paint after navigation: ${figures(paints)}; the whole wall: ${figures(walls)}`);
    await page.locator(".connection.is-live").waitFor();
    const events: number[] = [];
    for (let depot = 1; depot <= 20; depot += 1) events.push(await timeOnScreen(page, depot));
    t.diagnostic(`a session on the wall after its connection: ${figures(events)}`);
    await page.close();
  });

  test("a thousand events a second, measured", async (t) => {
    const { page, complaints } = await watched(context);
    await page.goto(site.url);
    await page.locator(".connection.is-live").waitFor();
    const inspector = await context.newCDPSession(page);
    await inspector.send("Performance.enable");
    /** Seconds that the page's main thread has worked. */
    const busy = async (): Promise<number> => {
      const { metrics } = await inspector.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
    };
    const stop = new AbortController();
    const busyBefore = await busy();
    const paying = Array.from({ length: TILLS }, (_, till) => payOnAndOn(till, stop.signal));
    const frames = await page.evaluate<readonly number[]>(FRAMES);
    const busyFor = (await busy()) - busyBefore;
    stop.abort();
    const paid = (await Promise.all(paying)).reduce((sum, count) => sum + count, 0);
    const rate = Math.round((2 * paid * 1_000) / WATCHED);
    const share = Math.round((busyFor / WATCHED) * 100_000);
    t.diagnostic(
      `${rate} events a second; the page at work ${share} % of the time; between frames: ${figures(frames)}`,
    );
    assert.deepEqual(complaints, []);
    assert.ok(paid > 0);
    await page.close();
  });

  /** From before the connection to the change of its depot's tile, in milliseconds. */
  async function timeOnScreen(page: Page, depot: number): Promise<number> {
    await page.evaluate(
      `window.seen = new Promise((resolve) => {
        const tile = document.querySelector("a.tile[href='/depot/${depot}']");
        const look = () => tile.querySelector(".is-busy") && resolve(performance.timeOrigin + performance.now());
        new MutationObserver(look).observe(tile, { subtree: true, childList: true });
      }); undefined`,
    );
    const began = performance.timeOrigin + performance.now();
    const socket = await site.enter(depot, 1);
    const seen = await page.evaluate<number>("window.seen");
    socket.end();
    return seen - began;
  }

  /** Sessions one after another, each at the next depot. */
  async function payOnAndOn(till: number, signal: AbortSignal): Promise<number> {
    let paid = 0;
    for (; !signal.aborted; paid += 1) {
      const socket = await site.enter(((till + paid * TILLS) % 72) + 1, 1);
      socket.end();
      await once(socket, "close");
    }
    return paid;
  }
});

/** Notes when the last tile of the wall has come. */
const WALL = `new MutationObserver((_, observer) => {
  if (document.querySelectorAll(".tile").length < 72) return;
  window.wallAt = performance.now();
  observer.disconnect();
}).observe(document, { subtree: true, childList: true })`;

/** Milliseconds from frame to frame, for as long as is watched. */
const FRAMES = `new Promise((resolve) => {
  const frames = [];
  const began = performance.now();
  let last = began;
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    if (now - began < ${WATCHED}) requestAnimationFrame(frame);
    else resolve(frames.slice(1));
  };
  requestAnimationFrame(frame);
})`;

function figures(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): string => `${Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0)} ms`;
  return `median ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)} (${sorted.length})`;
}
