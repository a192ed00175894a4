/** What people do on the page, and what the gateway makes of it: seen on the screen. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, suite, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { call } from "../../../src/control/client.ts";
import { needs } from "../../support/packages.ts";
import { axeFindings, photograph, signedIn, startBrowser, watched } from "./browsing.ts";
import { FEW, type Site, grantFor, siteOf } from "./site.ts";

suite("what people do on the dashboard", { skip: needs(["chromium"]), timeout: 280_000 }, () => {
  let browser: Browser;
  let site: Site;
  let context: BrowserContext;
  before(async () => {
    browser = await startBrowser();
    site = await siteOf(FEW, [[22, 1]], "en");
    context = await signedIn(browser, site, { language: "en", scheme: "light" });
  });
  after(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  });

  async function opened(path: string): Promise<Page> {
    const { page } = await watched(context);
    await page.goto(new URL(path, site.url).href);
    await page.locator(".connection.is-live").waitFor();
    return page;
  }

  test("a grant is given, stands on the screen until its end, and ends on the screen", async () => {
    const page = await opened("/terminal/depot22-tpe01");
    await page.locator(".who").getByText("till", { exact: true }).waitFor();
    await grantFor(site, 3_000, "192.0.2.44");
    const row = page.locator(".who .row").filter({ hasText: "192.0.2.44" });
    await row.getByText("Ticket 4711").waitFor();
    await row.waitFor({ state: "detached" });
    await page.close();
  });

  test("a grant from the dialog is journalled under the name that was signed in, and is withdrawn", async () => {
    const page = await opened("/terminal/depot22-tpe01");
    await page.getByRole("button", { name: "Let somebody in" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Source").fill("192.0.2.300");
    await dialog.getByLabel("Reason").fill("Ticket 4712");
    await dialog.getByRole("button", { name: "Let somebody in" }).click();
    // The gateway refuses what is no address, and the dialog stays with the reason.
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Source").fill("192.0.2.45");
    await photograph(page, "grant-dialog");
    await dialog.getByRole("button", { name: "Let somebody in" }).click();
    const row = page.locator(".who .row").filter({ hasText: "192.0.2.45" });
    await row.getByText("Ticket 4712").waitFor();
    const { list } = (await call(site.control, "grants", {})) as { list: readonly { by: string }[] };
    assert.deepEqual(
      list.map(({ by }) => by),
      ["Marie (dashboard)"],
    );
    await row.getByRole("button", { name: "Withdraw" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
    await row.waitFor({ state: "detached" });
    await page.close();
  });

  test("a drained terminal is shown as such to everybody, and opens again", async () => {
    const [page, wall] = [await opened("/terminal/depot22-tpe01"), await opened("/")];
    await page.getByRole("button", { name: "Drain" }).click();
    await page
      .getByRole("dialog")
      .getByLabel(/Reason/)
      .fill("new cable");
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await page.getByText(/Draining: put so by Marie \(dashboard\), \d\d:\d\d: new cable\./).waitFor();
    await wall.locator(".card.is-draining").filter({ hasText: "12201" }).waitFor();
    await wall.locator(".attention").getByText("22/01 was put to drain by Marie (dashboard)").waitFor();
    await photograph(wall, "drained");
    await page.getByRole("button", { name: "Open again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Open again" }).click();
    await wall.locator(".card.is-draining").waitFor({ state: "detached" });
    await Promise.all([page.close(), wall.close()]);
  });

  test("the file is planned as access, applied on probation, and kept", async () => {
    site.edit(FEW.replace("terminals: 1-2", "terminals: 1-3"));
    const page = await opened("/changes");
    await page.getByText("till (").getByText("may enter 1 terminal: depot22-tpe03").waitFor();
    await page.getByText("Opens 1 door").waitFor();
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByRole("dialog").getByLabel(/Note/).fill("a third till");
    await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    const banner = page.locator(".banner.is-pending");
    await banner.getByText(/inventory 1 comes back in \d+/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await photograph(page, "pending");
    await banner.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
    await banner.waitFor({ state: "detached" });
    await page.getByText("The file is what runs.").waitFor();
    await page.locator(".history").getByText("a third till").waitFor();
    await page.locator(".log").getByText("confirmed").waitFor();
    await page.close();
  });

  test("a page that is open follows the inventory's language, but for a reader who chose one", async () => {
    const { cookies } = await context.storageState();
    const another = await browser.newContext({ storageState: { cookies, origins: [] } });
    const page = await another.newPage();
    await page.goto(site.url);
    await page.locator("html[lang=en]").waitFor();
    const chosen = await opened("/");
    site.edit(FEW, "fr");
    await call(site.control, "apply", { author: "a test" });
    await page.locator("html[lang=fr]").waitFor();
    assert.equal(await chosen.locator("html").getAttribute("lang"), "en");
    site.edit(FEW);
    await call(site.control, "apply", { author: "a test" });
    await page.locator("html[lang=en]").waitFor();
    await Promise.all([another.close(), chosen.close()]);
  });

  test("a look at a terminal, and at this host", async () => {
    const page = await opened("/terminal/depot22-tpe01");
    await page.getByRole("button", { name: "Look now" }).click();
    await page.getByText(/It took the connection\. \(\d+ ms\)/).waitFor();
    await page.goto(new URL("/audit", site.url).href);
    await page.getByRole("button", { name: "Run it now" }).click();
    await page.locator(".audit .section").waitFor({ timeout: 60_000 });
    assert.deepEqual(await axeFindings(page), []);
    await photograph(page, "audit");
    await page.close();
  });

  test("the keyboard alone: find, go, move, ask for the keys", async () => {
    const page = await opened("/");
    await page.keyboard.press("/");
    await page.keyboard.type("depot 22 tpe 1");
    await page.getByRole("option").filter({ hasText: "22/01" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/terminal/depot22-tpe01");
    await page.getByRole("heading", { level: 1, name: "TPE 01" }).waitFor();
    for (const [key, path] of [
      ["r", "/refusals?by=source&range=1h"],
      ["c", "/changes"],
      ["m", "/matrix"],
      ["a", "/audit"],
      ["o", "/"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForURL(new URL(path, site.url).href);
    }
    await page.locator(".card").first().focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate("document.activeElement.pathname"), "/terminal/depot01-tpe02");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
    await page.goBack();
    await page.waitForURL("**/audit");
    await page.close();
  });

  test("a terminal is found by every spelling", async () => {
    const page = await opened("/");
    for (const text of ["22/1", "12201", "Dépôt 22 / TPE 01", "depot22-tpe1"]) {
      await page.locator("#search").fill(text);
      await page.getByRole("option").filter({ hasText: "12201" }).waitFor();
    }
    await page.locator("#search").fill("caisse");
    await page.getByRole("option").filter({ hasText: "Caisse 1" }).waitFor();
    await page.locator("#search").fill("nantes");
    await page.getByRole("option").filter({ hasText: "Depot 22, Nantes" }).waitFor();
    await page.locator("#search").fill("99/99");
    await page.getByText("Nothing of that name.").waitFor();
    await page.close();
  });

  test("a wrong token is told, and lets nobody in", async () => {
    const stranger = await browser.newContext({ locale: "en-GB" });
    const page = await stranger.newPage();
    await page.goto(`${site.url}#token=wrong`);
    await page.getByRole("button", { name: "Sign in" }).click();
    assert.deepEqual(await axeFindings(page), []);
    await photograph(page, "sign-in");
    await page.getByRole("alert").getByText("This token is not the right one.").waitFor();
    const answer = await page.request.get(new URL("/v1/overview", site.url).href);
    assert.equal(answer.status(), 401);
    await stranger.close();
  });

  test("a foreign Host and a foreign Origin are refused", async () => {
    const { port } = new URL(site.url);
    const cookies = await context.cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const own = `127.0.0.1:${port}`;
    const status = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request(
          { host: "127.0.0.1", port, path: "/v1/overview", headers: { cookie, ...headers } },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        );
        asked.on("error", reject).end();
      });
    assert.equal(await status({ host: own }), 200);
    assert.equal(await status({ host: `rebound.example:${port}` }), 421);
    assert.equal(await status({ host: own, origin: "http://evil.example" }), 403);
  });

  test("a gateway that is gone is said at the top, with since when, and what is shown is visibly old", async () => {
    const page = await opened("/");
    site.serving.signal("SIGKILL");
    await page
      .getByRole("alert")
      .getByText(/No news from the gateway since \d\d:\d\d:\d\d/)
      .waitFor();
    // The dashboard is the gateway's own here, and has ended with it.
    await page.getByText("The dashboard does not answer").waitFor();
    assert.equal(await page.evaluate("getComputedStyle(document.querySelector('main')).filter"), "grayscale(1)");
    await photograph(page, "gone");
    await page.close();
  });
});
