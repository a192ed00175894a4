/** Chromium for the dashboard's tests: signed in, watched for complaints, judged by axe, and photographed. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { program } from "../../support/packages.ts";
import type { Site } from "./site.ts";

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: program("chromium") ?? "chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

export interface Reader {
  readonly language: "fr" | "en";
  readonly scheme: "light" | "dark";
  /** Width and height; default: a desk's screen. */
  readonly size?: readonly [number, number];
}

export const DESK = [1_440, 900] as const;
export const PHONE = [390, 844] as const;

export interface Watched {
  readonly page: Page;
  /** Errors of the console, of scripts, and of the content security policy. */
  readonly complaints: readonly string[];
}

/** A context of its own for each reader, signed in as Marie. */
export async function signedIn(browser: Browser, site: Site, reader: Reader): Promise<BrowserContext> {
  const [width, height] = reader.size ?? DESK;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: reader.scheme });
  context.setDefaultTimeout(20_000);
  await context.addInitScript(`localStorage.setItem("ecluse-language", "${reader.language}")`);
  const page = await context.newPage();
  await page.goto(`${site.url}#token=${site.token}`);
  await page.locator("input[name=name]").fill("Marie");
  await page.keyboard.press("Enter");
  await page.locator(".overview").waitFor();
  assert.doesNotMatch(page.url(), /token/, "the token has left the address bar");
  await page.close();
  return context;
}

export async function watched(context: BrowserContext): Promise<Watched> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
  return { page, complaints };
}

/** Serious and critical findings, as text. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary = "" }) => `${id}: ${html}\n${failureSummary}`));
}

/** How far the page is wider than the screen, in pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** `ECLUSE_SCREENSHOTS` names a folder to keep them in. */
const folder = process.env["ECLUSE_SCREENSHOTS"] ?? mkdtempSync(join(tmpdir(), "ecluse-screenshots-"));

export async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
