/** Request and reply over connections that stay open: each asks again as soon as it is answered. */
import { percentile } from "../statistics.ts";
import { costOf } from "./cost.ts";
import type { Answer, Job } from "./job.ts";
import { openMany } from "./open-many.ts";
import { Session } from "./session.ts";

export async function measureRequests(job: Extract<Job, { kind: "requests" }>): Promise<Answer> {
  const sessions = Array.from({ length: job.connections }, () => new Session(job.doors[0]));
  const beside = await openMany(job.doors, job.beside ?? 0);
  await exchange(sessions, job.warmup);
  let latencies: readonly number[] = [];
  const cost = await costOf(job, async () => {
    latencies = await exchange(sessions, job.count);
  });
  for (const session of [...sessions, ...beside]) session.destroy();
  const cpuPer10k = ((cost["cpuGateway"] ?? 0) / job.count) * 10_000;
  const rate = job.count / (cost["seconds"] ?? NaN);
  const figures = { p50us: percentile(latencies, 0.5), p99us: percentile(latencies, 0.99), cpuPer10k, rate, ...cost };
  return { figures, failures: 0 };
}

/** Shares `count` requests among the sessions and gives their latencies in microseconds; one failure fails it all. */
async function exchange(sessions: readonly Session[], count: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  let left = count;
  const keepAsking = async (session: Session): Promise<void> => {
    while (left-- > 0) {
      const from = performance.now();
      await session.ask();
      latencies.push((performance.now() - from) * 1000);
    }
  };
  await Promise.all(sessions.map(keepAsking));
  return latencies;
}
