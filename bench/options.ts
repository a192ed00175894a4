/** The command line of the bench. */
import { parseArgs } from "node:util";
import { SUBJECTS } from "./subjects/all.ts";
import { BENCHMARKS, type Benchmark, type Subject } from "./subjects/subject.ts";

export const USAGE = `npm run bench -- [--rounds N] [--only ${BENCHMARKS.join(",")}] [--subjects ${SUBJECTS.map(({ name }) => name).join(",")}] [--minutes N] [--steered] [--quick] [--out FILE]`;

export interface Options {
  readonly rounds: number;
  /** What has not begun by then is left out. */
  readonly minutes: number;
  readonly benchmarks: readonly Benchmark[];
  readonly subjects: readonly Subject[];
  /** Each host's packets are handled by its own processor. */
  readonly steered: boolean;
  readonly quick: boolean;
  readonly out: string | undefined;
}

/** Throws with what is wrong, for a person. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: "string" },
      minutes: { type: "string", default: "90" },
      only: { type: "string" },
      subjects: { type: "string" },
      steered: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const names = SUBJECTS.map(({ name }) => name);
  const chosen = choice("--subjects", values.subjects, names);
  return {
    rounds: whole("--rounds", values.rounds ?? (values.quick ? "1" : "5"), 100),
    minutes: whole("--minutes", values.minutes, 1_440),
    benchmarks: choice("--only", values.only, BENCHMARKS),
    subjects: SUBJECTS.filter(({ name }) => chosen.includes(name)),
    steered: values.steered,
    quick: values.quick,
    out: values.out,
  };
}

function whole(option: string, given: string, most: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`${option} takes a number from 1 to ${most}`);
  return value;
}

function choice<T extends string>(option: string, given: string | undefined, all: readonly T[]): readonly T[] {
  if (given === undefined) return all;
  const wanted = given.split(",");
  const unknown = wanted.find((word) => !all.some((name) => name === word));
  if (unknown !== undefined) throw new Error(`${option} does not know "${unknown}"; it knows ${all.join(", ")}`);
  return all.filter((name) => wanted.includes(name));
}
