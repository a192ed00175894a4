import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AuditFinding } from "./finding.ts";
import { auditPage } from "./html.ts";
import { sarifOf } from "./sarif.ts";

const FINDINGS: readonly AuditFinding[] = [
  {
    code: "not-listening",
    severity: "error",
    host: "bitcoin",
    flow: "service/api",
    message: "nobody <b>listens</b>",
    evidence: { source: "ss -Htlnpe", line: "a & b\nc" },
    fix: "systemctl start 'api'",
  },
  {
    code: "udp-on-port",
    severity: "warning",
    host: "gateway",
    message: "a UDP socket",
    evidence: { source: "ss -Hulnpe", line: "" },
    fix: "end it",
  },
];

suite("reports of an audit", () => {
  test("SARIF: each result has its rule, by id and by index, and a level", () => {
    const { runs } = sarifOf(FINDINGS, "1.2.3") as {
      readonly runs: readonly [
        {
          readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
          readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number; readonly level: string }[];
        },
      ];
    };
    const [{ tool, results }] = runs;
    assert.deepEqual(
      results.map(({ ruleId, level }) => [ruleId, level]),
      [
        ["not-listening", "error"],
        ["udp-on-port", "warning"],
      ],
    );
    for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
  });

  test("HTML: everything is in it, and nothing of a host becomes markup", () => {
    const facts = [{ format: 1 as const, host: "bitcoin", taken: "2026-11-22T12:00:00.000Z", readings: [] }];
    const page = auditPage(facts, FINDINGS);
    assert.match(page, /nobody &lt;b&gt;listens&lt;\/b&gt;/);
    assert.match(page, /a &amp; b\nc/);
    assert.match(page, /systemctl start &#39;api&#39;/);
    assert.doesNotMatch(page, /<script|<b>|https?:/);
    assert.match(auditPage(facts, []), /As the inventory says\./);
  });
});
