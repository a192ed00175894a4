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

/** Lines written in one turn of the loop: with 7,128 terminals there are 21,500, and sessions must not wait for all of them. */
const LINES_A_TURN = 250;

/**
 * A page, in parts: whoever sends them one by one never has the whole of it in memory. Joined with care for the same reason:
 * text that is added to piece by piece takes several times its size until it is collected.
 */
export async function* openMetrics(observed: Observed): AsyncGenerator<string> {
  for (const metric of METRICS) {
    yield headOf(metric);
    if (metric.type === "histogram") yield buckets(metric.name, metric.values(observed));
    else yield* lines(metric.name, metric.samples(observed));
  }
  yield "# EOF\n";
}

function headOf({ name, type, unit, help }: Metric): string {
  // A family is called without the suffix that its samples have.
  const family = name.replace(/_(?:total|info)$/, "");
  const units = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${units}# HELP ${family} ${escaped(help)}\n`;
}

async function* lines(name: string, samples: Iterable<Sample>): AsyncGenerator<string> {
  let pieces: string[] = [];
  let left = LINES_A_TURN;
  for (const { labels, value } of samples) {
    pieces.push(name);
    writeLabels(pieces, labels);
    pieces.push(" ", String(value), "\n");
    left -= 1;
    if (left > 0) continue;
    yield pieces.join("");
    await nextTurn();
    pieces = [];
    left = LINES_A_TURN;
  }
  yield pieces.join("");
}

/** Each bucket holds those below it, too; the last one holds all. */
function buckets(name: string, { bounds, counts, sum }: DistributionValues): string {
  let below = 0;
  const parts = counts.map((count, at) => {
    below += count;
    const le = at < bounds.length ? decimal(bounds[at] ?? 0) : "+Inf";
    return `${name}_bucket{le="${le}"} ${below}\n`;
  });
  return `${parts.join("")}${name}_count ${below}\n${name}_sum ${sum}\n`;
}

/** The specification wants bounds as floats: `1.0`. */
function decimal(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

function writeLabels(pieces: string[], labels: Labels): void {
  let before = "{";
  for (const name in labels) {
    pieces.push(before, name, '="', escaped(labels[name] ?? ""), '"');
    before = ",";
  }
  if (before === ",") pieces.push("}");
}

/** Names of flows may hold no such character today; a page must not break the day they do. */
function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll(/[\\"\n]/g, (found) => ESCAPES[found] ?? found) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };
