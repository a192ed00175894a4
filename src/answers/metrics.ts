/** What `docs/metrics.md` describes, of now. */
import { descriptors } from "../observe/descriptors.ts";
import { openMetrics } from "../observe/openmetrics.ts";
import { VERSION } from "../version.ts";
import type { Asked } from "./asked.ts";

export async function metricsPage({
  gateway,
  journal,
  changes,
  clock,
}: Pick<Asked, "gateway" | "journal" | "changes" | "clock">): Promise<AsyncIterable<string>> {
  const open = await descriptors();
  const observed = await gateway.observed();
  return openMetrics({
    ...observed,
    now: clock.wall(),
    version: VERSION,
    inventory: changes.entry,
    policy: changes.policy,
    descriptors: open,
    memory: process.memoryUsage.rss(),
    journal: journal.health,
  });
}
