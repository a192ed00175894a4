/** The rendered rules and dashboard ask for metrics that the gateway has, and for no other. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { METRICS } from "../../src/observe/metrics.ts";
import { render as grafana } from "../../src/render/grafana/grafana.ts";
import { PANELS } from "../../src/render/grafana/panels.ts";
import { ALERTS } from "../../src/render/prometheus/alerts.ts";
import { metricsIn } from "./promql.ts";
import { exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

/** As they are asked for; `up` is Prometheus's own. */
const KNOWN = new Set([
  "up",
  ...METRICS.flatMap(({ name, type }) =>
    type === "histogram" ? ["bucket", "count", "sum"].map((part) => `${name}_${part}`) : [name],
  ),
]);

const QUESTIONS = [
  ...ALERTS.map(({ expr }) => expr),
  ...PANELS.flatMap(({ queries }) => queries.map(({ expr }) => expr)),
];

suite("metricsIn", () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ["a", ["a"]],
    ['sum by (b, c) (rate(a_total{d="e", f=~"$g"}[5m] offset 1w)) > 0.5 * x', ["a_total", "x"]],
    ['up{job="a"} == 0 or absent(up{job="a"})', ["up"]],
    ["histogram_quantile(0.99, sum by (le) (rate(a_bucket[$__rate_interval])))", ["a_bucket"]],
    ["a unless on (b) c:d and ignoring(e) f", ["a", "c:d", "f"]],
  ];
  for (const [expr, expected] of table) {
    test(`${expr}: ${expected.join(", ")}`, () => assert.deepEqual(metricsIn(expr), expected));
  }
});

suite("metrics in use", () => {
  for (const expr of QUESTIONS) {
    test(`exist: ${expr.replaceAll("\n", " ")}`, () => {
      const asked = metricsIn(expr);
      assert.ok(asked.length > 0);
      assert.deepEqual(
        asked.filter((name) => !KNOWN.has(name)),
        [],
      );
    });
  }

  test("no metric is there that neither a rule nor a panel uses, but those named here", () => {
    const used = new Set(QUESTIONS.flatMap(metricsIn));
    const unused = METRICS.map(({ name }) => name).filter(
      (name) => ![name, `${name}_bucket`].some((each) => used.has(each)),
    );
    assert.deepEqual(unused, ["ecluse_resident_memory_bytes"]);
  });
});

suite("docs/render.md", () => {
  test("lists the alerts with their severity, and no other", () => {
    const rows = [...readFileSync("docs/render.md", "utf8").matchAll(/^\| `(Ecluse\w+)` +\| (\w+)/gm)];
    assert.deepEqual(
      rows.map(([, name, severity]) => ({ name, severity })),
      ALERTS.map(({ name, severity }) => ({ name, severity })),
    );
  });
});

interface Dashboard {
  readonly title: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly fieldConfig: { readonly defaults: { readonly thresholds: { readonly steps: readonly Step[] } } };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

interface Step {
  readonly color: string;
  readonly value: number | null;
}

function dashboardOf(subject: Parameters<typeof grafana>[0]): Dashboard {
  const [file] = grafana(subject);
  return JSON.parse(file?.body ?? "") as Dashboard;
}

suite("the dashboard", () => {
  test("panels lie beside each other: none over another, none beyond the edge", () => {
    const cells = new Set<string>();
    for (const { gridPos, title } of dashboardOf(exampleSubject("complete")).panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(!cells.has(`${x} ${y}`), title);
          cells.add(`${x} ${y}`);
        }
      }
    }
  });

  test("ids are unique, and so are a panel's questions", () => {
    const { panels } = dashboardOf(exampleSubject("complete"));
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const { targets } of panels) assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length);
  });

  test("a gateway that does not answer is red, and so is a door that is blocked", () => {
    const { panels } = dashboardOf(exampleSubject("terminals"));
    const coloursOf = (title: string): readonly string[] => {
      const steps = panels.find((panel) => panel.title === title)?.fieldConfig.defaults.thresholds.steps ?? [];
      return steps.map(({ color, value }) => `${color} from ${value ?? "the least"}`);
    };
    assert.deepEqual(coloursOf("Gateway answers"), ["red from the least", "green from 1"]);
    assert.deepEqual(coloursOf("Doors blocked"), ["green from the least", "red from 1"]);
  });

  test("is in the inventory's language", () => {
    const titles = [exampleSubject("complete"), exampleSubject("terminals")].map(
      (subject) => dashboardOf(subject).title,
    );
    assert.deepEqual(titles, ["Écluse", "Ecluse"]);
  });

  test("names every variable that its questions use", () => {
    const { templating } = dashboardOf(exampleSubject("complete"));
    const named = new Set(templating.list.map(({ name }) => name));
    const used = QUESTIONS.flatMap((expr) => [...expr.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name ?? ""));
    assert.ok(used.every((name) => named.has(name)));
  });

  test("offers each depot by name and asks for its number, hostile names included", () => {
    const subject = textSubject(
      manyTerminals(100).replace("1: {", '1: { name: "L\'Été & (Cie) / n° 1",').replace("n° 1", "no 1"),
    );
    const depot = dashboardOf(subject).templating.list.find(({ name }) => name === "depot");
    assert.equal(depot?.query, "1 L'Été & (Cie) / no 1 : 1, 2 : 2");
  });
});
