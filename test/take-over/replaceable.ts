/** A gateway that can be replaced by another build of the program, and whose processes all end with the test. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call } from "../../src/control/client.ts";
import type { Answered } from "../../src/answers/answered.ts";
import type { TakeOverAnswer } from "../../src/answers/take-over.ts";
import { type Parameters, ROUTES, type RouteName } from "../../src/control/routes.ts";
import { until } from "../support/loopback.ts";
import { MAIN, type Serving, serve } from "../serve/serving.ts";
import type { Build } from "./build.ts";

const BUILD = new URL("build.ts", import.meta.url).pathname;

export interface Replaceable extends Serving {
  readonly control: string;
  /** What a new process will be. */
  readonly nextBuild: (build: Build) => void;
  /** A new process takes over; rejects as the command would. */
  readonly takeOver: (within?: number) => Promise<TakeOverAnswer>;
  readonly ask: <Name extends RouteName>(name: Name, parameters?: Partial<Parameters<Name>>) => Promise<Answered[Name]>;
  /** The processes of this gateway that are alive. */
  readonly processes: () => readonly number[];
  readonly edit: (change: (inventory: string) => string) => void;
}

export interface ReplaceableOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Starts the program by another one: its words come before Node's. It must set this variable for the program. */
  readonly before?: (variable: string) => readonly string[];
}

export async function replaceable(
  inventory: string,
  { env = {}, before = () => [] }: ReplaceableOptions = {},
): Promise<Replaceable> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-take-over-"));
  const build = join(folder, "build");
  let [file, control] = ["", ""];
  const gateway = serve(inventory, {
    start: (words) => {
      file = words[words.indexOf("--inventory") + 1] ?? "";
      control = words[words.indexOf("--control") + 1] ?? "";
      const line = [
        ...before(`ECLUSE_TEST_BUILD=${build}`),
        process.execPath,
        ...words.map((word) => (word === MAIN ? BUILD : word)),
      ];
      return spawn(line[0] ?? "", line.slice(1), {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...env, ECLUSE_TEST_BUILD: build },
      });
    },
  });
  const processes = (): readonly number[] => processesOf(control);
  const nextBuild = (next: Build): void => writeFileSync(build, next);
  nextBuild("sound");
  const ask: Replaceable["ask"] = async (name, parameters = {}) => {
    const author = ROUTES[name].method === "POST" ? { author: "test" } : {};
    return (await call(control, name, { ...author, ...parameters } as typeof parameters)) as never;
  };
  await until(() => existsSync(control), "it can be asked");
  return {
    ...gateway,
    control,
    nextBuild,
    ask,
    takeOver: (within = 20_000) => ask<"takeOver">("takeOver", { within }),
    processes,
    edit: (change) => writeFileSync(file, change(readFileSync(file, "utf8"))),
    [Symbol.asyncDispose]: async () => {
      for (const pid of processes()) process.kill(pid, "SIGKILL");
      await until(() => processes().length === 0, "every process has ended");
      await gateway[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Those that were started with the words of one gateway: its control socket is named nowhere else. */
function processesOf(control: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => wordsOf(name).includes(control))
    .map(Number);
}

function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
