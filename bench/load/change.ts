/**
 * One door more while sessions are open: how soon it carries a request, and what the sessions notice.
 *
 * Each session asks at a steady pace. What a change does to them shows in the slowest answer from the trigger until a
 * moment after the new door carried; beside it stands the slowest answer of a second in which nothing was changed.
 */
import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { call } from "../../src/control/client.ts";
import { median } from "../statistics.ts";
import { costOf } from "./cost.ts";
import { untilAnswered } from "./doors.ts";
import type { Answer, Job, Step, Trigger } from "./job.ts";
import { openMany } from "./open-many.ts";
import type { Session } from "./session.ts";

const QUIET_MS = 1_000;
/** What follows a change, such as an old process that goes, is still part of it. */
const AFTERMATH_MS = 250;

/** One request: when it was sent, on the clock of `performance.now()`, and how long its answer took. */
interface Asked {
  readonly at: number;
  readonly took: number;
}

interface Timed {
  readonly answered: number;
  readonly carried: number;
  readonly worst: number;
  readonly adds: boolean;
}

export async function measureChange(job: Extract<Job, { kind: "change" }>): Promise<Answer> {
  const crowd = await Crowd.open(job);
  await pause(QUIET_MS);
  const quiet = crowd.worst(performance.now() - QUIET_MS);
  const timed: Timed[] = [];
  const { seconds = NaN, cpuOthers = NaN } = await costOf(job, async () => {
    for (const step of job.steps) timed.push(await change(step, crowd));
  });
  const { lost, firstLoss } = await crowd.leave();
  const [first, ...later] = timed.filter(({ adds }) => adds);
  const laterOf = (key: "answered" | "carried" | "worst"): number => median(later.map((each) => each[key]));
  const figures = {
    answeredMs: first?.answered ?? NaN,
    carriedMs: first?.carried ?? NaN,
    worstMs: first?.worst ?? NaN,
    quietMs: quiet,
    ...{ seconds, cpuOthers },
    ...(later.length > 0 && {
      laterAnsweredMs: laterOf("answered"),
      laterCarriedMs: laterOf("carried"),
      laterWorstMs: laterOf("worst"),
    }),
  };
  return { figures, failures: lost, ...(firstLoss !== undefined && { firstFailure: firstLoss }) };
}

/** The file is in its place before the clock starts: writing it is the operator's affair. */
async function change({ files, trigger, opens }: Step, crowd: Crowd): Promise<Timed> {
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const pulling = pull(trigger).then(since);
  if (opens !== undefined) await untilAnswered(opens);
  const carried = since();
  const answered = await pulling;
  await pause(AFTERMATH_MS);
  return { answered, carried, worst: crowd.worst(began), adds: opens !== undefined };
}

/** Resolves once the subject has answered, where it answers. */
async function pull(trigger: Trigger): Promise<void> {
  if ("signal" in trigger) process.kill(trigger.pid, trigger.signal);
  else await call(trigger.control, "apply", { author: "bench" });
}

/** Sessions that ask, each at its own moment, until they are told to leave. */
class Crowd {
  readonly #sessions: readonly Session[];
  readonly #asked: Asked[] = [];
  readonly #waiting = new Map<Session, number>();
  readonly #losses: string[] = [];
  readonly #timer: NodeJS.Timeout;

  private constructor(sessions: readonly Session[], every: number) {
    this.#sessions = sessions;
    const began = performance.now();
    let turn = 0;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - began) * sessions.length) / every;
      for (; turn < due; turn += 1) this.#ask(sessions[turn % sessions.length]);
    }, 1);
  }

  static async open({ doors, sessions, every }: Extract<Job, { kind: "change" }>): Promise<Crowd> {
    return new Crowd(await openMany(doors, sessions), every);
  }

  /** Milliseconds that the slowest answer to what was asked from then on took; one still awaited counts so far. */
  worst(from: number): number {
    const now = performance.now();
    const answered = this.#asked.filter(({ at, took }) => at + took >= from).map(({ took }) => took);
    return Math.max(...answered, ...Array.from(this.#waiting.values(), (at) => now - at));
  }

  /** Everyone is asked once more: a session counts only if it is still carried. */
  async leave(): Promise<{ readonly lost: number; readonly firstLoss?: string }> {
    clearInterval(this.#timer);
    while (this.#waiting.size > 0) await pause(5);
    const last = await Promise.allSettled(this.#sessions.map((session) => session.ask()));
    for (const session of this.#sessions) session.destroy();
    const lost = last.filter((result) => result.status === "rejected");
    const [firstLoss = lost[0] && String(lost[0].reason)] = this.#losses;
    return { lost: lost.length, ...(firstLoss !== undefined && { firstLoss }) };
  }

  /** One that still waits for its last answer is not asked again. */
  #ask(session: Session | undefined): void {
    if (session === undefined || this.#waiting.has(session)) return;
    const at = performance.now();
    this.#waiting.set(session, at);
    const settle = (): void => {
      this.#waiting.delete(session);
      this.#asked.push({ at, took: performance.now() - at });
    };
    session.ask().then(settle, (error: unknown) => {
      settle();
      this.#losses.push(String(error));
    });
  }
}
