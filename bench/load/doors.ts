/** When does the last door carry a request? Started before the gateway, it knocks until it is answered. */
import { setTimeout as pause } from "node:timers/promises";
import { TERMINALS } from "../../src/inventory/numbering.ts";
import type { Answer, Job, TargetDoor } from "./job.ts";
import { Session } from "./session.ts";

const BETWEEN_KNOCKS_MS = 2;
/** A door may accept (the kernel does) before anybody serves it: such a knock is given up and tried again. */
const KNOCK_MS = 1_000;

/** A sample, one door per depot: each knock costs the gateway memory, which is measured next. */
const SAMPLE_STEP = TERMINALS;

/**
 * Knocks at the last door, then at the sample: should one of these not answer at once, then the last was not the
 * last, and the time is that of the slowest. The time is on the clock that all processes share (CLOCK_MONOTONIC).
 */
export async function measureDoors(job: Extract<Job, { kind: "doors" }>): Promise<Answer> {
  let openAt = await untilAnswered(job.doors.at(-1) ?? job.doors[0]);
  for (const door of job.doors.filter((_, index) => index % SAMPLE_STEP === 0)) {
    if (!(await answers(door))) openAt = await untilAnswered(door);
  }
  return { figures: { openAt }, failures: 0 };
}

/** Knocks until a door carries a request; resolves with the time on the clock that all processes share. */
export async function untilAnswered(door: TargetDoor): Promise<number> {
  while (!(await answers(door))) await pause(BETWEEN_KNOCKS_MS);
  return monotonicSeconds();
}

async function answers(door: TargetDoor): Promise<boolean> {
  const session = new Session(door);
  const patience = setTimeout(() => session.destroy(), KNOCK_MS);
  try {
    await session.ask();
    await session.end();
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(patience);
  }
}

/** Seconds on CLOCK_MONOTONIC. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
