/** Each page of the dashboard, looked at: complete, without a complaint, no wider than the screen, sound to axe. */
import assert from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { type Reader, axeFindings, overflow, photograph, watched } from "./browsing.ts";
import type { Site } from "./site.ts";

/** Each page, and what stands on it once its answers are there. */
const PAGES: readonly (readonly [name: string, path: string, shown: string])[] = [
  ["overview", "/", ".depots .card, .depots .tile"],
  ["depot", "/depot/22", ".card"],
  ["terminal", "/terminal/depot22-tpe01", ".chart canvas"],
  ["refusals", "/refusals?by=source&range=1h", ".refusals .section, .refusals .quiet"],
  ["changes", "/changes", ".history .row"],
  ["matrix", "/matrix", "tr.is-row"],
  ["audit", "/audit", ".audit button"],
];

export async function lookAtEach(
  context: BrowserContext,
  site: Site,
  { name, language, size }: Reader & { readonly name: string },
): Promise<void> {
  for (const [title, path, shown] of PAGES) {
    const { page, complaints } = await watched(context);
    await page.goto(new URL(path, site.url).href);
    await page.locator(shown).first().waitFor();
    await page.locator(".connection.is-live").waitFor();
    // Nothing says any more that it is being loaded.
    await page.locator("p.notice[role=status]").first().waitFor({ state: "detached" });
    await photograph(page, `${title}-${name}`);
    assert.deepEqual(complaints, [], `${title}: the console`);
    assert.equal(await page.evaluate("document.documentElement.lang"), language);
    assert.equal(await overflow(page), 0, `${title}: wider than the screen`);
    // What axe judges does not depend on the width; it takes its time.
    if (size === undefined) assert.deepEqual(await axeFindings(page), [], `${title}: axe`);
    await page.close();
  }
}
