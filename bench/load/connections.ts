/** Connect, ask once, be answered, close: again and again, a bounded number at a time. */
import { percentile } from "../statistics.ts";
import { type Tally, connectMany } from "./connect-many.ts";
import { costOf } from "./cost.ts";
import { follow } from "./followers.ts";
import type { Answer, Job } from "./job.ts";

type ConnectionsJob = Extract<Job, { kind: "connections" }>;

export async function measureConnections(job: ConnectionsJob): Promise<Answer> {
  await using followers = await follow(job, job.followers ?? 0);
  if (followers.refusal !== undefined) return { figures: {}, failures: 0, leftOut: followers.refusal };
  await connectMany(job, job.warmup);
  let tally: Tally = { latencies: [], failures: [] };
  const cost = await costOf(job, async () => {
    tally = await connectMany(job, job.count);
  });
  const per10k = (seconds: number | undefined): number => ((seconds ?? NaN) / job.count) * 10_000;
  const figures = {
    rate: tally.latencies.length / (cost["seconds"] ?? NaN),
    p50ms: percentile(tally.latencies, 0.5),
    p99ms: percentile(tally.latencies, 0.99),
    cpuPer10k: per10k(cost["cpuGateway"]),
    cpuAllPer10k: per10k(cost["cpuAll"]),
    ...cost,
    ...(job.followers !== undefined && { eventsEach: followers.events }),
  };
  const firstFailure = tally.failures[0]?.message;
  return { figures, failures: tally.failures.length, ...(firstFailure !== undefined && { firstFailure }) };
}
