import assert from "node:assert/strict";
import { test } from "node:test";
import { HtmlValidate } from "html-validate";
import { casesOf, GROWTHS } from "../cases.ts";
import type { Results } from "../results.ts";
import { pageOf } from "./document.ts";

const machine = { date: "2026-11-22T10:00:00Z", cpu: "<cpu>", cores: 2, memoryBytes: 1, kernel: "6", versions: {} };
const measured = (name: string, subject: string, value: number): Results["measurements"][number] => ({
  ...{ round: 1, case: name, subject, failures: 0 },
  figures: { cpuPer10k: value, rate: 1_000, p99ms: 2 },
});
const results: Results = {
  ...{ machine, isolation: "namespaces", rounds: 1, quick: false, subjects: { haproxy: "one thread" } },
  absences: [{ subject: "socat", case: "networks-1", reason: "it knows one network" }],
  measurements: [
    measured("connections", "ecluse", 1.2),
    measured("connections", "haproxy", 0.6),
    measured("networks-1", "ecluse", 1),
    measured("networks-1000", "ecluse", 1.1),
  ],
};
const page = pageOf({ results, cases: casesOf(false), growths: GROWTHS, reference: "haproxy" });

test("the page draws what was measured and nothing else", () => {
  assert.match(page, /<h2>connections<\/h2>/);
  assert.match(page, />1\.20 \(x2\.00\)</);
  assert.match(page, /by allowed networks<\/h2><figure><svg/);
  assert.doesNotMatch(page, /bulk-1|by doors|NaN|undefined/);
  assert.match(page, /it knows one network/);
});

test("what a machine says of itself is text, and nothing is fetched from elsewhere", () => {
  assert.match(page, /&lt;cpu&gt;/);
  assert.doesNotMatch(page, /<cpu>|<script|https?:|url\(/);
});

test("the page is valid HTML", async () => {
  const rules = { "long-title": "off", "no-inline-style": "off", "no-trailing-whitespace": "off" } as const;
  const report = await new HtmlValidate({ extends: ["html-validate:standard"], rules }).validateString(page);
  assert.deepEqual(
    report.results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`)),
    [],
  );
});
