/** How the till is served while strangers knock: what it notices, and what refusing costs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { percentile } from "../statistics.ts";
import { connectMany } from "./connect-many.ts";
import { costOf } from "./cost.ts";
import type { Answer, Job } from "./job.ts";
import { evenly } from "./pace.ts";
import { Session } from "./session.ts";
import type { Knocked } from "./strangers.ts";

type FloodJob = Extract<Job, { kind: "flood" }>;

interface Calls {
  readonly milliseconds: number[];
  readonly failures: string[];
}

const STRANGERS = new URL("strangers.ts", import.meta.url).pathname;
/** A gateway that runs for a while has long been through its first thousands. */
const WARMUP_CONCURRENCY = 32;
/** Time for the strangers to reach their pace. */
const LEAD_SECONDS = 0.5;

export async function measureFlood(job: FloodJob): Promise<Answer> {
  const warm = await connectMany({ doors: job.doors, concurrency: WARMUP_CONCURRENCY }, job.warmup);
  const quiet = await callFor(job, job.quiet);
  let calls: Calls = { milliseconds: [], failures: [] };
  const knocking = knock(job);
  await callFor(job, LEAD_SECONDS);
  const cost = await costOf(job, async () => {
    calls = await callFor(job, job.seconds);
  });
  const { refused, opened, seconds } = await knocking;
  const figures = {
    quietP99ms: percentile(quiet.milliseconds, 0.99),
    p50ms: percentile(calls.milliseconds, 0.5),
    p99ms: percentile(calls.milliseconds, 0.99),
    refusedPerSecond: refused / seconds,
    cpuPerSecond: (cost["cpuGateway"] ?? NaN) / (cost["seconds"] ?? NaN),
    ...cost,
  };
  // A stranger who was served is the gravest failure of all.
  const failures = [
    ...(opened > 0 ? [`${opened} strangers were answered`] : []),
    ...warm.failures.map(({ message }) => message),
    ...calls.failures,
  ];
  return { figures, failures: failures.length, ...(failures[0] !== undefined && { firstFailure: failures[0] }) };
}

/** Calls at an even pace, each from connect to closed; a late answer does not hold up the next call. */
async function callFor({ doors, allowed }: FloodJob, seconds: number): Promise<Calls> {
  const calls: Calls = { milliseconds: [], failures: [] };
  const open = new Set<Promise<void>>();
  await evenly({ perSecond: allowed, seconds }, (index) => {
    const began = performance.now();
    const calling = call(new Session(doors[index % doors.length] ?? doors[0])).then(
      () => void calls.milliseconds.push(performance.now() - began),
      (error: unknown) => void calls.failures.push(error instanceof Error ? error.message : String(error)),
    );
    open.add(calling);
    void calling.finally(() => open.delete(calling));
  });
  await Promise.all(open);
  return calls;
}

async function call(session: Session): Promise<void> {
  await session.ask();
  await session.end();
}

/** In a process of their own, so that they do not delay the till's own clock; it ends by itself, or with its stdin. */
async function knock({ doors, strangers, refused, seconds }: FloodJob): Promise<Knocked> {
  const child = spawn(process.execPath, [STRANGERS], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  child.stdin.write(`${JSON.stringify({ doors, strangers, perSecond: refused, seconds: LEAD_SECONDS + seconds })}\n`);
  const [line] = (await once(lines, "line")) as [string];
  return JSON.parse(line) as Knocked;
}
