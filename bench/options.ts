/** The command line of the bench. */
import { parseArgs } from "node:util";
import { SUBJECTS } from "./subjects/all.ts";
import { BENCHMARKS, type Benchmark, type Subject } from "./subjects/subject.ts";

export const USAGE = `npm run bench -- [--rounds N] [--only ${BENCHMARKS.join(",")}] [--subjects ${SUBJECTS.map(({ name }) => name).join(",")}] [--quick] [--out FILE]`;

export interface Options {
  readonly rounds: number;
  readonly benchmarks: readonly Benchmark[];
  readonly subjects: readonly Subject[];
  readonly quick: boolean;
  readonly out: string | undefined;
}

/** Throws with what is wrong, for a person. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: "string" },
      only: { type: "string" },
      subjects: { type: "string" },
      quick: { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new Error("--rounds takes a number from 1 to 100");
  const names = SUBJECTS.map(({ name }) => name);
  const chosen = choice("--subjects", values.subjects, names);
  return {
    rounds,
    benchmarks: choice("--only", values.only, BENCHMARKS),
    subjects: SUBJECTS.filter(({ name }) => chosen.includes(name)),
    quick: values.quick,
    out: values.out,
  };
}

function choice<T extends string>(option: string, given: string | undefined, all: readonly T[]): readonly T[] {
  if (given === undefined) return all;
  const wanted = given.split(",");
  const unknown = wanted.find((word) => !all.some((name) => name === word));
  if (unknown !== undefined) throw new Error(`${option} does not know "${unknown}"; it knows ${all.join(", ")}`);
  return all.filter((name) => wanted.includes(name));
}
