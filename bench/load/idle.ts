/** Sessions that have exchanged one request and then stay silent, as while a customer looks for a card. */
import { setTimeout as pause } from "node:timers/promises";
import { memoryOf, type Memory } from "../proc.ts";
import type { Answer, Job } from "./job.ts";
import { openMany } from "./open-many.ts";

/** For forked processes to have settled and for freed memory to have been given back. */
const SETTLED_MS = 1_000;

/** The first sessions pay for what is loaded or compiled once; the figure is what each one after them costs. */
export async function measureIdle(job: Extract<Job, { kind: "idle" }>): Promise<Answer> {
  const sessions = [...(await openMany(job.doors, job.first))];
  const before = await settledMemory(job);
  sessions.push(...(await openMany(job.doors, job.more)));
  const after = await settledMemory(job);
  // Each answers once more: a session counts only if it is still carried.
  const answered = await Promise.allSettled(sessions.map((session) => session.ask()));
  for (const session of sessions) session.destroy();
  const failed = answered.filter((result) => result.status === "rejected");
  const perSession = (key: keyof Memory): number => (after[key] - before[key]) / job.more;
  const figures = {
    alonePerSession: perSession("alone"),
    pssPerSession: perSession("pss"),
    rssPerSession: perSession("rss"),
    aloneBefore: before.alone,
    aloneAfter: after.alone,
  };
  return { figures, failures: failed.length, ...(failed[0] && { firstFailure: String(failed[0].reason) }) };
}

async function settledMemory({ gatewayPid }: Job): Promise<Memory> {
  await pause(SETTLED_MS);
  return gatewayPid === undefined ? { alone: 0, pss: 0, rss: 0 } : memoryOf(gatewayPid);
}
