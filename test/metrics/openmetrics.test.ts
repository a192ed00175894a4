/** The page as text: families, samples, what each means; and how large it is for a whole plan. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import type { OpenSession } from "../../src/engine/records.ts";
import { Counters } from "../../src/observe/counters.ts";
import { METRICS } from "../../src/observe/metrics.ts";
import { openMetrics } from "../../src/observe/openmetrics.ts";
import type { Observed } from "../../src/observe/observed.ts";
import { ipv4 } from "../support/loopback.ts";
import { manyTerminals } from "../render/subjects.ts";
import { NOW, observed } from "./observed.ts";

const SITE = `
gateway: { address: 198.51.100.10 }
sources: { till: { addresses: [203.0.113.7] } }
depots:
  22: { allow: [till], terminals: 1-2 }
services: {}
machines: { proxy: { address: 192.168.1.100 } }
flows:
  callback:
    listen: 198.51.100.10:4102
    target: 203.0.113.7:4102
    allow: [{ source: till, until: 2026-11-23T11:59:00Z }, { source: proxy, until: 2026-11-24T12:00:00Z }]
`;

const SESSION: OpenSession = {
  ...{ flow: "depot22-tpe01", source: ipv4("203.0.113.7"), rule: "till", startedAt: NOW, duration: 5 },
  endpoint: { address: ipv4("198.51.100.10"), port: 12_201 },
  target: { address: ipv4("172.17.22.10"), port: 8_888 },
  ...{ bytesToTarget: 10, bytesToClient: 20, phase: "open", leaving: false },
};

async function pageOf(given: Observed): Promise<string> {
  let page = "";
  for await (const part of openMetrics(given)) page += part;
  return page;
}

/** The samples of a metric, whole lines without its name. */
function samplesOf(page: string, name: string): readonly string[] {
  const lines = page.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.map((line) => line.slice(name.length).trim());
}

suite("openMetrics", () => {
  test("flows: their state, who is inside, and how many have been", async () => {
    const counters = new Counters();
    const { phase: _phase, leaving: _leaving, ...facts } = SESSION;
    counters.ended({ ...facts, outcome: "closed", by: "client" });
    const site = observed(SITE, { sessions: [SESSION], counters: counters.values });
    const [, second] = site.policy.flows;
    assert.ok(second?.kind === "relayed");
    const policy = {
      ...site.policy,
      flows: site.policy.flows.map((flow) => (flow === second ? { ...second, standing: "draining" as const } : flow)),
    };
    const blocked = [{ flow: "flow/callback", endpoint: SESSION.endpoint, cause: "EADDRINUSE" }];
    const page = await pageOf({ ...site, policy, blocked });
    assert.deepEqual(samplesOf(page, "ecluse_flow_state"), [
      '{flow="depot22-tpe01",depot="22",state="open"} 1',
      '{flow="depot22-tpe02",depot="22",state="draining"} 1',
      '{flow="flow/callback",state="blocked"} 1',
    ]);
    assert.deepEqual(samplesOf(page, "ecluse_flow_sessions"), [
      '{flow="depot22-tpe01",depot="22"} 1',
      '{flow="depot22-tpe02",depot="22"} 0',
      '{flow="flow/callback"} 0',
    ]);
    assert.deepEqual(samplesOf(page, "ecluse_flow_sessions_ended_total"), [
      '{flow="depot22-tpe01",depot="22"} 1',
      '{flow="depot22-tpe02",depot="22"} 0',
      '{flow="flow/callback"} 0',
    ]);
    assert.deepEqual(samplesOf(page, "ecluse_doors"), ['{state="open"} 2', '{state="blocked"} 1']);
  });

  test("the shield: the state that it is in, and no other", async () => {
    assert.deepEqual(samplesOf(await pageOf(observed(SITE)), "ecluse_shield_state"), ['{state="off"} 1']);
    const stuck = await pageOf(observed(SITE, { shield: "stuck" }));
    assert.deepEqual(samplesOf(stuck, "ecluse_shield_state"), ['{state="stuck"} 1']);
  });

  test("bytes of sessions that are open count already, and once", async () => {
    const counters = new Counters();
    const { phase: _phase, leaving: _leaving, ...facts } = SESSION;
    counters.ended({ ...facts, outcome: "closed", by: "client" });
    const page = await pageOf(observed(SITE, { sessions: [SESSION], counters: counters.values }));
    assert.deepEqual(samplesOf(page, "ecluse_relayed_bytes_total"), [
      '{direction="to_target"} 20',
      '{direction="to_client"} 40',
    ]);
  });

  test("rights that end within a day; not those that end later", async () => {
    assert.deepEqual(samplesOf(await pageOf(observed(SITE)), "ecluse_grants_expiring"), ["1"]);
  });

  test("every outcome and reason is there before it has happened, so that its first time is an increase", async () => {
    const page = await pageOf(observed(SITE));
    assert.equal(samplesOf(page, "ecluse_sessions_ended_total").length, 10);
    assert.equal(samplesOf(page, "ecluse_refusals_total").length, 16);
  });

  test("a histogram: each bucket holds those below, the last holds all", async () => {
    const page = await pageOf(observed(SITE));
    const name = "ecluse_event_loop_delay_seconds";
    const family = page.split("\n").filter((line) => line.includes(name));
    assert.deepEqual(family.slice(0, 2), [`# TYPE ${name} histogram`, `# UNIT ${name} seconds`]);
    assert.deepEqual(family.slice(3), [
      `${name}_bucket{le="0.01"} 4`,
      `${name}_bucket{le="1.0"} 6`,
      `${name}_bucket{le="+Inf"} 7`,
      `${name}_count 7`,
      `${name}_sum 3.25`,
    ]);
  });

  test("what would break a line is escaped", async () => {
    const page = await pageOf(observed(SITE, { version: 'a"b\\c\nd' }));
    assert.deepEqual(samplesOf(page, "ecluse_build_info"), [String.raw`{version="a\"b\\c\nd"} 1`]);
  });

  test("a page for 7,128 terminals has less than 2 MB", async (t) => {
    const plan = observed(manyTerminals(7_128));
    await pageOf(plan);
    const began = performance.now();
    const page = await pageOf(plan);
    const took = performance.now() - began;
    t.diagnostic(`${page.length} bytes in ${took.toFixed(0)} ms`);
    assert.equal(samplesOf(page, "ecluse_flow_state").length, 7_128);
    assert.ok(page.length < 2_000_000, `${page.length} bytes`);
  });
});

suite("docs/metrics.md", () => {
  test("describes every metric as the table has it, and no other", () => {
    const rows = [...readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(ecluse_\w+)` +\|(.+)\|$/gm)];
    const documented = rows.map(([, name, cells = ""]) => [name, ...cells.split("|").map((cell) => cell.trim())]);
    const described = METRICS.map(({ name, type, labels, unit = "", help }) => {
      return [name, type, labels.map((label) => `\`${label}\``).join(", "), unit, help];
    });
    assert.deepEqual(documented, described);
  });
});
