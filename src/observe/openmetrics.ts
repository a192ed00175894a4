/**
 * The metrics as OpenMetrics text, version 1.0.0: what Prometheus reads.
 *
 * Written here in a few lines rather than by a library: docs/decisions/metrics.md has the figures.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DistributionValues } from "./distribution.ts";
import { type Labels, METRICS, type Metric } from "./metrics.ts";
import type { Observed } from "./observed.ts";

export const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** A whole page. The sessions get their turn between one metric and the next: with 7,128 terminals it takes a while. */
export async function openMetrics(observed: Observed): Promise<string> {
  const parts: string[] = [];
  for (const metric of METRICS) {
    parts.push(written(metric, observed));
    await nextTurn();
  }
  return `${parts.join("")}# EOF\n`;
}

function written(metric: Metric, observed: Observed): string {
  const { name, type, unit, help } = metric;
  // A family is called without the suffix that its samples have.
  const family = name.replace(/_(?:total|info)$/, "");
  const units = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
  const head = `# TYPE ${family} ${type}\n${units}# HELP ${family} ${escaped(help)}\n`;
  if (metric.type === "histogram") return head + buckets(name, metric.values(observed));
  let lines = head;
  for (const { labels, value } of metric.samples(observed)) lines += `${name}${braced(labels)} ${value}\n`;
  return lines;
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
