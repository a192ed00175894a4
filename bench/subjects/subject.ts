/** What is compared: a way for a till's bytes to reach a terminal. One file per subject, pure: text in, text out. */
import { spawnSync } from "node:child_process";

export const BENCHMARKS = [
  "doors",
  "change",
  "requests",
  "connections",
  "bulk",
  "idle",
  "flood",
  "networks",
  "events",
  "growth",
] as const;

export type Benchmark = (typeof BENCHMARKS)[number];

/** One public port and the terminal behind it. */
export interface Door {
  readonly depot: number;
  readonly terminal: number;
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
}

/** What every subject is asked for alike. */
export interface Plan {
  readonly doors: readonly Door[];
  /** The address to listen on. */
  readonly gateway: string;
  /** The address that comes in. */
  readonly till: string;
  /** What may come in, the till's own address last. */
  readonly allowed: readonly string[];
  /** Sessions at once that must fit. */
  readonly sessions: number;
  /** An empty folder for configuration and state. */
  readonly folder: string;
  readonly loopback: boolean;
}

/** How to start a subject: its configuration, then its command, in the foreground. */
export interface Launch {
  /** Name in the plan's folder -> text. */
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What its own output says once it is ready, where it says so. */
  readonly ready?: string;
  /** Runs on every processor, the load generator's too; absent: on the gateway's alone. */
  readonly spreads?: true;
}

export interface Subject {
  readonly name: string;
  /** For the table's legend: how it was set up. */
  readonly description: string;
  /** Why it cannot run on this machine; `undefined` where it can. */
  readonly missing: () => string | undefined;
  /** Benchmarks it sits out, with the reason that is printed. */
  readonly skips: Readonly<Partial<Record<Benchmark, string>>>;
  /** `undefined` for the way without a relay. */
  readonly launch: ((plan: Plan) => Launch) | undefined;
  /** How it is told of one door more, and less, while it runs; absent: it sits `change` out. */
  readonly change?: (plan: Plan) => Changeable;
}

/** A subject that is changed while it runs. */
export interface Changeable {
  readonly launch: Launch;
  /** Name in the plan's folder -> text, for other doors. */
  readonly filesFor: (doors: readonly Door[]) => Readonly<Record<string, string>>;
  /** Sent to its process, or the control socket that takes `apply`. */
  readonly trigger: { readonly signal: NodeJS.Signals } | { readonly control: string };
  /** How often the same door is added again, after it was taken away: the first time may cost more than the next. */
  readonly again: number;
}

/** The reason to give where a program cannot be run; its version option must succeed. */
export function missingProgram(program: string, versionOption: string): string | undefined {
  return spawnSync(program, [versionOption]).status === 0 ? undefined : `${program} is not installed`;
}

/** Skips everything but these benchmarks. */
export function onlyIn(benchmarks: readonly Benchmark[], reason: string): Subject["skips"] {
  return Object.fromEntries(BENCHMARKS.filter((name) => !benchmarks.includes(name)).map((name) => [name, reason]));
}
