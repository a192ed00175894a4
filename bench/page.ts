/**
 * `npm run bench:page`: draws the page of a run. Usage: page.ts RESULTS.json [PAGE.html], by default beside the README.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { casesOf, GROWTHS } from "./cases.ts";
import { pageOf } from "./page/document.ts";
import type { Results } from "./results.ts";
import { REFERENCE } from "./subjects/all.ts";

const [from, to = join(import.meta.dirname, "page.html")] = process.argv.slice(2);
if (from === undefined) {
  console.error("bench: error: no results were named\nbench: hint: npm run bench:page -- bench/results/DATE.json");
  process.exitCode = 2;
} else {
  const results = JSON.parse(readFileSync(from, "utf8")) as Results;
  writeFileSync(to, pageOf({ results, cases: casesOf(results.quick), growths: GROWTHS, reference: REFERENCE.name }));
  console.log(to);
}
