/** Connect, ask once, be answered, close: again and again, a bounded number at a time. */
import { percentile } from "../statistics.ts";
import { costOf } from "./cost.ts";
import { follow } from "./followers.ts";
import type { Answer, Job, TargetDoor } from "./job.ts";
import { Session } from "./session.ts";

type ConnectionsJob = Extract<Job, { kind: "connections" }>;

interface Tally {
  readonly latencies: number[];
  readonly failures: Error[];
}

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

/** Opens `count` connections through the job's doors in turn; latencies are in milliseconds, from connect to closed. */
async function connectMany({ doors, concurrency }: ConnectionsJob, count: number): Promise<Tally> {
  const tally: Tally = { latencies: [], failures: [] };
  let next = 0;
  const keepConnecting = async (): Promise<void> => {
    while (next < count) {
      const door = doors[next++ % doors.length] ?? doors[0];
      const from = performance.now();
      await connectOnce(door).then(
        () => tally.latencies.push(performance.now() - from),
        (error: unknown) => tally.failures.push(error instanceof Error ? error : new Error(String(error))),
      );
    }
  };
  await Promise.all(Array.from({ length: concurrency }, keepConnecting));
  return tally;
}

async function connectOnce(door: TargetDoor): Promise<void> {
  const session = new Session(door);
  await session.ask();
  await session.end();
}
