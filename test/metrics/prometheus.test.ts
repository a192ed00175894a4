/**
 * A real Prometheus, configured by what is rendered, reads a real gateway over loopback: the page is OpenMetrics to it, its
 * rules can be evaluated, and every metric that they and the dashboard ask for is there.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { PANELS } from "../../src/render/grafana/panels.ts";
import { ALERTS } from "../../src/render/prometheus/alerts.ts";
import { render } from "../../src/render/prometheus/prometheus.ts";
import { type Running, running } from "../commands/running.ts";
import { metricsIn } from "../render/promql.ts";
import { textSubject } from "../render/subjects.ts";
import { follow, place } from "../serve/serving.ts";
import { type Place, dial, ending, freePort, knock, listen, loopbackAddress, turns } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";

const EXPRESSIONS = PANELS.flatMap(({ queries }) => queries.map(({ expr }) => expr));

interface Watching extends AsyncDisposable {
  /** `data` of an answer of its API. */
  readonly ask: (path: string) => Promise<unknown>;
}

/** Starts one in a folder with what is rendered from the gateway's inventory; a second between one look and the next. */
async function prometheusOf(gateway: Running): Promise<Watching> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-prometheus-"));
  const files = new Map(
    render(textSubject(readFileSync(gateway.file, "utf8"))).map(({ path, body }) => [path.split("/")[1] ?? "", body]),
  );
  const scrape = (files.get("scrape.yaml") ?? "").replace("scrape_interval: 15s", "scrape_interval: 1s");
  const config = `global: { evaluation_interval: 1s }\nrule_files: [alerts.yaml]\n${scrape}`;
  writeFileSync(join(folder, "prometheus.yaml"), config);
  writeFileSync(join(folder, "alerts.yaml"), files.get("alerts.yaml") ?? "");
  const host = loopbackAddress();
  const at = place({ host, port: await freePort(host) });
  const words = ["--config.file=prometheus.yaml", "--storage.tsdb.path=data", `--web.listen-address=${at}`];
  const program = follow(spawn("prometheus", words, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] }));
  const ask = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`http://${at}${path}`)).json()) as { status: string; data: unknown };
    assert.equal(answer.status, "success", path);
    return answer.data;
  };
  return {
    ask,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Asks until it is so; what was answered last is in the error otherwise. */
async function once<T>(ask: () => Promise<unknown>, is: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const answer = (await ask().catch((error: unknown) => error)) as T;
    if (!(answer instanceof Error) && is(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`never: ${JSON.stringify(answer)} ${String(answer)}`);
    await turns(200);
  }
}

interface Targets {
  readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
}

suite("a real Prometheus", { skip: needs(["prometheus"]), timeout: 180_000 }, () => {
  test("reads the gateway, its rules and the dashboard's questions find every metric", async () => {
    const metrics: Place = { host: loopbackAddress(), port: 0 };
    const at = { ...metrics, port: await freePort(metrics.host) };
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target], {
      edit: (text) => text.replace("gateway: {", `gateway: { metrics: { listen: ${place(at)} },`),
    });
    const [door] = gateway.site.doors;
    assert.ok(door);
    await using watching = await prometheusOf(gateway);

    const { activeTargets } = await once<Targets>(
      () => watching.ask("/api/v1/targets"),
      (answer) => answer.activeTargets.some(({ health }) => health !== "unknown"),
    );
    assert.deepEqual(
      activeTargets.map(({ health, lastError }) => ({ health, lastError })),
      [{ health: "up", lastError: "" }],
    );

    const names = await once<readonly string[]>(
      () => watching.ask("/api/v1/label/__name__/values"),
      (answer) => answer.includes("up") && answer.includes("ecluse_build_info"),
    );
    const asked = [...new Set([...ALERTS.map(({ expr }) => expr), ...EXPRESSIONS].flatMap(metricsIn))];
    assert.deepEqual(
      asked.filter((name) => !names.includes(name)),
      [],
    );

    const { groups } = await once<Rules>(
      () => watching.ask("/api/v1/rules"),
      (answer) => answer.groups.every(({ rules }) => rules.every(({ health }) => health !== "unknown")),
    );
    assert.deepEqual(
      groups.flatMap(({ rules }) => rules.map(({ name, health }) => `${name} ${health}`)),
      ALERTS.map(({ name }) => `${name} ok`),
    );

    const client = await dial({ ...door, from: gateway.site.till });
    client.end("hello");
    await ending(client);
    await knock({ ...door, from: gateway.site.stranger });
    for (const [expr, value] of [
      ['up{job="ecluse"}', "1"],
      ['sum(ecluse_sessions_ended_total{outcome="closed"})', "1"],
      ['sum(ecluse_refusals_total{reason="not-listed"})', "1"],
      ['sum(ecluse_relayed_bytes_total{direction="to_target"})', "5"],
      ["ecluse_session_duration_seconds_count", "1"],
    ] as const) {
      await once<Result>(
        () => watching.ask(`/api/v1/query?query=${encodeURIComponent(expr)}`),
        ({ result: [first] }) => first?.value[1] === value,
      );
    }
    for (const expr of EXPRESSIONS) {
      const filled = expr.replaceAll("$__rate_interval", "1m").replaceAll("$depot", ".*");
      await watching.ask(`/api/v1/query?query=${encodeURIComponent(filled)}`);
    }
  });
});

const SHIELD_ALARMS: Readonly<Record<string, readonly string[]>> = {
  off: [],
  up: [],
  down: ["EcluseShieldDown"],
  stuck: ["EcluseShieldStuck"],
};

suite("alarms of the shield", { skip: needs(["prometheus"]), timeout: 30_000 }, () => {
  for (const [state, alarms] of Object.entries(SHIELD_ALARMS))
    test(state, () => {
      const folder = mkdtempSync(join(tmpdir(), "ecluse-alarms-"));
      const subject = textSubject("gateway: { address: 198.51.100.10, shield: true }");
      for (const { path, body } of render(subject)) writeFileSync(join(folder, path.split("/")[1] ?? ""), body);
      const firing = { expr: 'ALERTS{alertstate="firing",alertname=~"EcluseShield.*"}', eval_time: "5m" };
      const severity = state === "stuck" ? "critical" : "warning";
      const samples = alarms.map((alertname) => {
        const labels = `alertname="${alertname}",alertstate="firing",job="ecluse",severity="${severity}"`;
        return { labels: `ALERTS{${labels},state="${state}"}`, value: 1 };
      });
      const input_series = [{ series: `ecluse_shield_state{job="ecluse",state="${state}"}`, values: "1x20" }];
      const tests = [{ interval: "30s", input_series, promql_expr_test: [{ ...firing, exp_samples: samples }] }];
      const file = { rule_files: ["alerts.yaml"], evaluation_interval: "30s", tests };
      writeFileSync(join(folder, "test.yaml"), JSON.stringify(file));
      const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", join(folder, "test.yaml")]);
      rmSync(folder, { recursive: true });
      assert.equal(status, 0, `${String(stdout)}${String(stderr)}`);
    });
});

interface Result {
  readonly result: readonly { readonly value: readonly [number, string] }[];
}
