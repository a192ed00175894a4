/**
 * `npm run bench`: Ecluse beside HAProxy, nginx, socat and a naive relay, in one run and in interleaved rounds.
 *
 * Progress goes to stderr, tables to stdout, raw figures to `--out FILE`. Exits with 0 done, 1 something failed, 2
 * could not run. See README.md for how to read the figures.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { casesOf, type Case } from "./cases.ts";
import { currentInside, runIsolated, type Inside } from "./isolate.ts";
import { describeMachine } from "./machine.ts";
import { measure, type Setting } from "./measure.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { reportOf } from "./report.ts";
import type { Absence, Measurement, Results } from "./results.ts";
import { REFERENCE } from "./subjects/all.ts";
import { missingProgram, type Subject } from "./subjects/subject.ts";

/** One case of one subject. */
interface Run {
  readonly subject: Subject;
  readonly which: Case;
}

interface Measured {
  readonly measurements: readonly Measurement[];
  /** What turned out not to be measurable. */
  readonly left: readonly Absence[];
}

process.exitCode = await main();

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: error: ${error instanceof Error ? error.message : String(error)}\nbench: hint: ${USAGE}`);
    return 2;
  }
  const missing = missingProgram("setpriv", "--version") ?? missingProgram("taskset", "--version");
  if (missing !== undefined) {
    console.error(`bench: error: ${missing}\nbench: hint: the bench runs on Linux, with util-linux`);
    return 2;
  }
  const inside = currentInside();
  return inside ? await bench(options, inside) : await runIsolated();
}

async function bench(options: Options, inside: Inside): Promise<number> {
  // The first process of a PID namespace ignores what it has no handler for.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(2));
  if (options.steered && inside.isolation === "loopback") {
    console.error(
      `bench: error: --steered found no hosts to steer packets to: this machine gives us no namespaces\nbench: hint: run it as root, or without --steered`,
    );
    return 2;
  }
  const cases = casesOf(options.quick).filter(({ benchmark }) => options.benchmarks.includes(benchmark));
  const { runs, absences } = split(options.subjects, cases);
  const began = performance.now();
  const { measurements, left } = await measureAll(runs, options, inside);
  const results: Results = {
    machine: describeMachine(),
    isolation: inside.isolation,
    rounds: options.rounds,
    quick: options.quick,
    ...(options.steered && { steered: true }),
    subjects: Object.fromEntries(options.subjects.map(({ name, description }) => [name, description])),
    minutes: (performance.now() - began) / 60_000,
    absences: [...absences, ...left],
    measurements,
  };
  console.log(reportOf(results, cases, REFERENCE.name));
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(results, undefined, 2)}\n`);
  return measurements.some(({ failures }) => failures > 0) ? 1 : 0;
}

/** What will run, and what will not, with the reason. */
function split(subjects: readonly Subject[], cases: readonly Case[]): { runs: Run[]; absences: Absence[] } {
  const runs: Run[] = [];
  const absences: Absence[] = [];
  for (const subject of subjects) {
    const missing = subject.missing();
    for (const which of cases) {
      const reason = missing ?? subject.skips[which.benchmark];
      if (reason === undefined) runs.push({ subject, which });
      else absences.push(absence({ subject, which }, reason));
    }
  }
  return { runs, absences };
}

/** Every case of every subject in each round; subjects take turns at being first. */
async function measureAll(
  runs: readonly Run[],
  { rounds, minutes, steered }: Options,
  inside: Inside,
): Promise<Measured> {
  const measurements: Measurement[] = [];
  const left = new Map<Run, string>();
  const until = performance.now() + minutes * 60_000;
  for (const [number, { round, run }] of turns(runs, rounds).entries()) {
    if (left.has(run)) continue;
    if (performance.now() > until) {
      left.set(run, `from round ${round} on: the ${minutes} minutes were over`);
      continue;
    }
    console.error(`bench: round ${round} of ${rounds}: ${run.which.name}: ${run.subject.name}`);
    const folder = join(inside.folder, String(number));
    const measured = await measureOne(run, round, { ...inside, folder, steered });
    if (typeof measured === "string") left.set(run, measured);
    else measurements.push(measured);
  }
  return { measurements, left: Array.from(left, ([run, reason]) => absence(run, reason)) };
}

/** Case after case, its subjects one after another, each round beginning with another one. */
function turns(runs: readonly Run[], rounds: number): readonly { readonly round: number; readonly run: Run }[] {
  const cases = [...Map.groupBy(runs, ({ which }) => which.name).values()];
  return Array.from({ length: rounds }, (_, index) =>
    cases.flatMap((its) => {
      const first = index % its.length;
      return [...its.slice(first), ...its.slice(0, first)].map((run) => ({ round: index + 1, run }));
    }),
  ).flat();
}

/** A subject that fails is a result too: the others go on. A text: why it could not be asked. */
async function measureOne({ subject, which }: Run, round: number, setting: Setting): Promise<Measurement | string> {
  const named = { round, case: which.name, subject: subject.name };
  try {
    const { figures, failures, firstFailure, leftOut } = await measure(subject, which, setting);
    return leftOut ?? { ...named, figures, failures, ...(firstFailure !== undefined && { problem: firstFailure }) };
  } catch (error) {
    return { ...named, figures: {}, failures: 1, problem: error instanceof Error ? error.message : String(error) };
  }
}

function absence({ subject, which }: Run, reason: string): Absence {
  return { subject: subject.name, case: which.name, reason };
}
