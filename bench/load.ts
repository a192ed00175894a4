/**
 * The load generator: one process, one job, one JSON line.
 *
 * Reads a job from the first line of its stdin, JSON as `load/job.ts` describes it. Prints "started" as soon as it runs, then the
 * answer. It ends by itself: with its work, at the job's deadline, or with its stdin, which the bench holds.
 */
import { createInterface } from "node:readline";
import { measureBulk } from "./load/bulk.ts";
import { measureChange } from "./load/change.ts";
import { measureConnections } from "./load/connections.ts";
import { measureDoors } from "./load/doors.ts";
import { measureFlood } from "./load/flood.ts";
import { measureIdle } from "./load/idle.ts";
import type { Answer, Job } from "./load/job.ts";
import { measureRequests } from "./load/requests.ts";

const lines = createInterface({ input: process.stdin });
const job = JSON.parse(await line()) as Job;
lines.on("close", () => process.exit());
setTimeout(() => finish(failed(`not done within ${job.deadline} s`)), job.deadline * 1000);
console.log("started");
finish(await work().catch((error: unknown) => failed(error instanceof Error ? error.message : String(error))));

function line(): Promise<string> {
  return new Promise((resolve) => lines.once("line", resolve));
}

function work(): Promise<Answer> {
  switch (job.kind) {
    case "requests":
      return measureRequests(job);
    case "connections":
      return measureConnections(job);
    case "bulk":
      return measureBulk(job);
    case "idle":
      return measureIdle(job);
    case "flood":
      return measureFlood(job);
    case "doors":
      return measureDoors(job);
    case "change":
      return measureChange(job);
  }
}

function failed(firstFailure: string): Answer {
  return { figures: {}, failures: 1, firstFailure };
}

function finish(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
}
