/**
 * The metrics as OpenMetrics text, version 1.0.0: what Prometheus reads.
 *
 * Written here in a few lines rather than by a library: docs/decisions/metrics.md has the figures.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DistributionValues } from "./distribution.ts";
import { type Labels, METRICS, type Metric, type Sample } from "./metrics.ts";
import type { Observed } from "./observed.ts";

export const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Lines written in one turn of the loop: with 7,128 terminals a page takes a while, and sessions must not wait for all of it. */
const LINES_A_TURN = 1_000;

/** A whole page. */
export async function openMetrics(observed: Observed): Promise<string> {
  let page = "";
  for (const metric of METRICS) {
    page += headOf(metric);
    if (metric.type === "histogram") page += buckets(metric.name, metric.values(observed));
    else page += await lines(metric.name, metric.samples(observed));
  }
  return `${page}# EOF\n`;
}

function headOf({ name, type, unit, help }: Metric): string {
  // A family is called without the suffix that its samples have.
  const family = name.replace(/_(?:total|info)$/, "");
  const units = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${units}# HELP ${family} ${escaped(help)}\n`;
}

async function lines(name: string, samples: Iterable<Sample>): Promise<string> {
  let text = "";
  let left = LINES_A_TURN;
  for (const { labels, value } of samples) {
    text += `${name}${braced(labels)} ${value}\n`;
    left -= 1;
    if (left > 0) continue;
    await nextTurn();
    left = LINES_A_TURN;
  }
  return text;
}

/** Each bucket holds those below it, too; the last one holds all. */
function buckets(name: string, { bounds, counts, sum }: DistributionValues): string {
  let below = 0;
  const lines = counts.map((count, at) => {
    below += count;
    const le = at < bounds.length ? decimal(bounds[at] ?? 0) : "+Inf";
    return `${name}_bucket{le="${le}"} ${below}\n`;
  });
  return `${lines.join("")}${name}_count ${below}\n${name}_sum ${sum}\n`;
}

/** The specification wants bounds as floats: `1.0`. */
function decimal(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

function braced(labels: Labels): string {
  let text = "";
  for (const name in labels) text += `${text === "" ? "" : ","}${name}="${escaped(labels[name] ?? "")}"`;
  return text === "" ? "" : `{${text}}`;
}

/** Names of flows may hold no such character today; a page must not break the day they do. */
function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll(/[\\"\n]/g, (found) => ESCAPES[found] ?? found) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };
