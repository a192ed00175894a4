/** The rendered rules, as Prometheus' own tool judges them: each alert is raised when it should be, and not otherwise. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { PANELS } from "../../src/render/grafana/panels.ts";
import { ALERTS } from "../../src/render/prometheus/alerts.ts";
import { render } from "../../src/render/prometheus/prometheus.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { needs } from "../support/packages.ts";
import { EXAMPLES, exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

const skip = needs(["prometheus"]);

interface Folder extends Disposable {
  readonly path: string;
  readonly write: (name: string, text: string) => void;
  readonly promtool: (...words: readonly string[]) => { readonly code: number | null; readonly out: string };
}

/** What is rendered for a subject, in a folder. */
function folderOf(subject: Subject): Folder {
  const path = mkdtempSync(join(tmpdir(), "ecluse-prometheus-"));
  const write = (name: string, text: string): void => writeFileSync(join(path, name), text);
  for (const file of render(subject)) write(file.path.replace("prometheus/", ""), textOf(file, subject));
  const promtool: Folder["promtool"] = (...words) => {
    const { status, stdout, stderr } = spawnSync("promtool", words, { cwd: path, encoding: "utf8" });
    return { code: status, out: stdout + stderr };
  };
  return { path, write, promtool, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function passes({ code, out }: ReturnType<Folder["promtool"]>): void {
  assert.equal(code, 0, out);
}

suite("promtool check", { skip }, () => {
  for (const name of EXAMPLES) {
    test(`${name}: configuration and rules`, () => {
      using folder = folderOf(exampleSubject(name));
      passes(folder.promtool("check", "config", "scrape.yaml"));
      passes(folder.promtool("check", "rules", "--lint-fatal", "alerts.yaml"));
    });
  }

  test("7,128 terminals for file_sd, as docs/render.md says to use them", () => {
    const [, snippet = ""] =
      /```yaml\n(\s+scrape_configs:\n[^`]+)```/.exec(readFileSync("docs/render.md", "utf8")) ?? [];
    using folder = folderOf(textSubject(manyTerminals(7_128)));
    folder.write("ping.yaml", snippet);
    const checked = folder.promtool("check", "config", "ping.yaml");
    passes(checked);
    const targets = JSON.parse(readFileSync(join(folder.path, "terminals.json"), "utf8")) as readonly Target[];
    assert.equal(targets.length, 7_128);
    assert.ok(targets.every(({ targets: [address = ""] }) => /^172\.17\.\d+\.\d+$/.test(address)));
    folder.write("terminals.json", '[{ "targets": "none" }]');
    assert.equal(folder.promtool("check", "config", "ping.yaml").code, 1);
  });

  test("names and contacts that would break a file do not", () => {
    const hostile = `
language: fr
contact: { support: { name: "L'équipe (nuit & jour) / n_1" }, documentation: "https://docs.example.org/?a=b#c" }
gateway: { address: 198.51.100.10, metrics: { listen: 127.0.0.1:9100 } }
sources: { till: { addresses: [203.0.113.7] } }
depots: { 1: { name: "Saint-Étienne (l’entrepôt) & 'Cie'", allow: [till], terminals: { 1: { label: "- yes" } } } }
`;
    using folder = folderOf(textSubject(hostile));
    passes(folder.promtool("check", "config", "scrape.yaml"));
    passes(folder.promtool("check", "rules", "alerts.yaml"));
    assert.match(readFileSync(join(folder.path, "scrape.yaml"), "utf8"), /targets: \["127\.0\.0\.1:9100"\]/);
  });

  test("every question of the dashboard can be read", () => {
    using folder = folderOf(exampleSubject("complete"));
    const questions = PANELS.flatMap(({ queries }) => queries.map(({ expr }) => expr));
    const rules = questions.map((expr, at) => ({ record: `panel:${at}`, expr: answered(expr) }));
    folder.write("panels.yaml", JSON.stringify({ groups: [{ name: "panels", rules }] }));
    passes(folder.promtool("check", "rules", "panels.yaml"));
  });
});

/** A question with Grafana's variables filled in. */
function answered(expr: string): string {
  return expr.replaceAll("$__rate_interval", "5m").replaceAll("$depot", ".*");
}

interface Target {
  readonly targets: readonly string[];
}

suite("prometheus/scrape.yaml", () => {
  test("reads the metrics by the flow that leads to them, where there is one", () => {
    const inventory = `
gateway: { address: 198.51.100.10, metrics: {} }
sources: { prometheus: { addresses: [203.0.113.9] } }
flows: { metrics: { listen: 198.51.100.10:9465, target: 127.0.0.1:9464, allow: [prometheus] } }
`;
    const [scrape] = render(textSubject(inventory));
    assert.match(scrape?.body ?? "", /^# For the hosts that flow\/metrics lets in\.$/m);
    assert.match(scrape?.body ?? "", /targets: \["198\.51\.100\.10:9465"\]/);
  });

  test("says when nothing would answer", () => {
    const [scrape] = render(textSubject(manyTerminals(1)));
    assert.match(scrape?.body ?? "", /^# Nothing answers there yet: write gateway\.metrics into the inventory\.$/m);
  });
});

interface Series {
  readonly [series: string]: string;
}

interface Case {
  readonly alert: string;
  readonly interval?: string;
  /** When to look. */
  readonly at: string;
  readonly raised: Series;
  readonly quiet: Series;
}

const G = 'job="ecluse", instance="g"';
const DENIED = `ecluse_refusals_total{${G}, outcome="denied", reason="not-listed"}`;
const FAILED = `ecluse_sessions_ended_total{${G}, outcome="dial-failed"}`;
const CLOSED = `ecluse_sessions_ended_total{${G}, outcome="closed"}`;
const ENDED = `ecluse_flow_sessions_ended_total{${G}, flow="depot22-tpe01", depot="22"}`;
const INSIDE = `ecluse_flow_sessions{${G}, flow="depot22-tpe01", depot="22"}`;
const delay = (le: string): string => `ecluse_event_loop_delay_seconds_bucket{${G}, le="${le}"}`;

const CASES: readonly Case[] = [
  { alert: "EcluseDown", at: "5m", raised: { [`up{${G}}`]: "0x10" }, quiet: { [`up{${G}}`]: "1x10" } },
  // Nothing is scraped at all.
  { alert: "EcluseDown", at: "5m", raised: {}, quiet: { [`up{${G}}`]: "1 0 1x10" } },
  {
    ...{ alert: "EcluseDoorsBlocked", at: "5m" },
    raised: { [`ecluse_doors{${G}, state="blocked"}`]: "1x10" },
    quiet: { [`ecluse_doors{${G}, state="blocked"}`]: "0x10", [`ecluse_doors{${G}, state="open"}`]: "3x10" },
  },
  {
    // What was never asked for a shield has it off.
    ...{ alert: "EcluseShieldDown", at: "5m" },
    raised: { [`ecluse_shield_state{${G}, state="down"}`]: "1x10" },
    quiet: {
      [`ecluse_shield_state{${G}, state="down"}`]: "1 1 0x10",
      [`ecluse_shield_state{${G}, state="off"}`]: "1x10",
    },
  },
  {
    ...{ alert: "EcluseShieldStuck", at: "5m" },
    raised: { [`ecluse_shield_state{${G}, state="stuck"}`]: "1x10" },
    quiet: {
      [`ecluse_shield_state{${G}, state="stuck"}`]: "0x10",
      [`ecluse_shield_state{${G}, state="down"}`]: "1x10",
    },
  },
  {
    // Sixty a minute after a day of one a minute; a scanner that knocks sixty times a minute all day is no news.
    ...{ alert: "EcluseRefusalsRising", interval: "5m", at: "1d30m" },
    raised: { [DENIED]: "0+5x288 1700+300x10" },
    quiet: { [DENIED]: "0+300x300" },
  },
  {
    ...{ alert: "EcluseTerminalsUnreachable", at: "20m" },
    raised: { [FAILED]: "0+1x30", [CLOSED]: "0+2x30" },
    quiet: { [FAILED]: "0+1x30", [CLOSED]: "0+9x30" },
  },
  {
    ...{ alert: "EcluseDepotSilent", interval: "30m", at: "7d4h" },
    raised: { [ENDED]: "0+1x336 336x10", [INSIDE]: "0x346" },
    quiet: { [ENDED]: "0+1x336 336x10", [INSIDE]: "1x346" },
  },
  {
    // Nobody was there a week ago either.
    ...{ alert: "EcluseDepotSilent", interval: "30m", at: "7d4h" },
    raised: { [ENDED]: "0+1x336 336x10", [INSIDE]: "0x346" },
    quiet: { [ENDED]: "7x346", [INSIDE]: "0x346" },
  },
  {
    ...{ alert: "EcluseSessionsNearLimit", at: "5m" },
    raised: { [`ecluse_sessions{${G}, phase="open"}`]: "95x10", [`ecluse_sessions_limit{${G}}`]: "100x10" },
    quiet: { [`ecluse_sessions{${G}, phase="open"}`]: "85x10", [`ecluse_sessions_limit{${G}}`]: "100x10" },
  },
  {
    ...{ alert: "EcluseDescriptorsNearLimit", at: "8m" },
    raised: { [`ecluse_descriptors_open{${G}}`]: "950x10", [`ecluse_descriptors_limit{${G}}`]: "1000x10" },
    quiet: { [`ecluse_descriptors_open{${G}}`]: "850x10", [`ecluse_descriptors_limit{${G}}`]: "1000x10" },
  },
  {
    ...{ alert: "EcluseEventLoopSlow", at: "20m" },
    raised: { [delay("0.1")]: "0+590x30", [delay("0.25")]: "0+600x30", [delay("+Inf")]: "0+600x30" },
    quiet: { [delay("0.1")]: "0+599x30", [delay("0.25")]: "0+600x30", [delay("+Inf")]: "0+600x30" },
  },
  {
    ...{ alert: "EcluseJournalFailing", at: "8m" },
    raised: { [`ecluse_journal_failing{${G}}`]: "1x10" },
    quiet: { [`ecluse_journal_failing{${G}}`]: "1 1 1 0x10" },
  },
  {
    ...{ alert: "EcluseJournalDropping", at: "5m" },
    raised: { [`ecluse_journal_dropped_total{${G}, kind="sessions"}`]: "0 0 0 5x10" },
    quiet: { [`ecluse_journal_dropped_total{${G}, kind="sessions"}`]: "5x10" },
  },
  {
    ...{ alert: "EcluseGrantsExpiring", at: "5m" },
    raised: { [`ecluse_grants_expiring{${G}}`]: "2x10" },
    quiet: { [`ecluse_grants_expiring{${G}}`]: "0x10" },
  },
];

/** Whether the alert is raised at the instant, as Prometheus' own tool says. */
function verdict(folder: Folder, { alert, interval = "1m", at }: Case, series: Series): "raised" | "quiet" {
  const expr = `count(ALERTS{alertname="${alert}", alertstate="firing"})`;
  const input = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const tests = [{ interval, input_series: input, promql_expr_test: [{ expr, eval_time: at }] }];
  folder.write("test.yaml", JSON.stringify({ rule_files: ["alerts.yaml"], evaluation_interval: interval, tests }));
  const { code, out } = folder.promtool("test", "rules", "test.yaml");
  if (code === 0) return "quiet";
  assert.match(out, /got: \{\} 1E\+00/, out);
  return "raised";
}

suite("promtool test rules", { skip }, () => {
  for (const each of CASES) {
    test(`${each.alert}: raised, and quiet`, () => {
      using folder = folderOf(exampleSubject("terminals"));
      assert.equal(verdict(folder, each, each.raised), "raised");
      assert.equal(verdict(folder, each, each.quiet), "quiet");
    });
  }

  test("every alert is among them", () => {
    assert.deepEqual(
      [...new Set(CASES.map(({ alert }) => alert))],
      ALERTS.map(({ name }) => name),
    );
  });

  test("what an alert says, filled in", () => {
    using folder = folderOf(exampleSubject("complete"));
    const alert_rule_test = [
      {
        ...{ eval_time: "5m", alertname: "EcluseDoorsBlocked" },
        exp_alerts: [
          {
            exp_labels: { severity: "critical", job: "ecluse", instance: "g", state: "blocked" },
            exp_annotations: {
              summary: "Portes qui ne peuvent pas être ouvertes : 3",
              description: "Personne ne peut y entrer. ecluse status les nomme et dit ce qui l’empêche",
              emergency: "Astreinte, +33 1 99 00 00 02",
              support: "Support, +33 1 99 00 00 01, support@example.org",
              documentation: "https://docs.example.org/ecluse",
            },
          },
        ],
      },
    ];
    const input_series = [{ series: `ecluse_doors{${G}, state="blocked"}`, values: "3x10" }];
    const tests = [{ interval: "1m", input_series, alert_rule_test }];
    folder.write("test.yaml", JSON.stringify({ rule_files: ["alerts.yaml"], evaluation_interval: "1m", tests }));
    passes(folder.promtool("test", "rules", "test.yaml"));
  });
});
