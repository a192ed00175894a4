/** Ecluse as `ecluse serve` runs it: the relay engine, the relay behind its shield, the kernel engine. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onlyIn, type Changeable, type Door, type Launch, type Plan, type Subject } from "./subject.ts";

/** As in daily use: compiled code is kept from one start to the next. The first round finds it empty. */
const CACHE = join(tmpdir(), "ecluse-bench-cache");
const MAIN = join(import.meta.dirname, "../../src/cli/ecluse.js");

export const ecluse: Subject = {
  name: "ecluse",
  description: "ecluse serve, relay engine, defaults but for the number of sessions",
  missing: () => undefined,
  skips: {},
  launch: (plan) => launch(plan),
  change: (plan) => changeable(plan),
};

/** For a flood alone: a shield has nothing to do with those who may come in. */
export const ecluseShield: Subject = {
  name: "ecluse-shield",
  description: "ecluse serve, relay engine, `shield: true`: the kernel refuses strangers",
  missing: notRoot,
  skips: onlyIn(["flood"], "carries bytes as ecluse does"),
  launch: (plan) => launch(plan, ["  shield: true"]),
};

export const ecluseKernel: Subject = {
  name: "ecluse-kernel",
  description: "ecluse serve, kernel engine: nftables carries, the process only watches",
  missing: notRoot,
  skips: { idle: "a session takes no memory of a process", events: "the cost to the relay" },
  launch: (plan) => launch(plan, KERNEL),
  change: (plan) => changeable(plan, KERNEL),
};

/** Another checkout with its own dependencies, such as the version before a change: told by ECLUSE_BENCH_OTHER. */
export const ecluseOther: Subject = {
  name: "ecluse-other",
  description: "as ecluse, from the checkout that ECLUSE_BENCH_OTHER names",
  missing: () => (OTHER === undefined ? "ECLUSE_BENCH_OTHER names no checkout" : undefined),
  skips: { change: "its stopwatch is this checkout's" },
  launch: (plan) => {
    const { command, env, ...rest } = launch(plan);
    const main = join(OTHER ?? "", "src/cli/ecluse.js");
    const words = command.map((word) => (word === MAIN ? main : word));
    return { ...rest, command: words, env: { ...env, NODE_COMPILE_CACHE: `${CACHE}-other` } };
  },
};

const OTHER = process.env["ECLUSE_BENCH_OTHER"];

/** In the plan's folder. */
export const CONTROL = "control.sock";

/** The terminals lead back through the gateway, as they do for `direct`. */
const KERNEL = ["  engine: kernel", "  kernel: { source: preserved }"];

function notRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "takes CAP_NET_ADMIN";
}

function changeable(plan: Plan, settings: readonly string[] = []): Changeable {
  return {
    launch: timed(plan, settings),
    filesFor: (doors) => ({ "ecluse.yaml": inventoryOf({ ...plan, doors }, settings) }),
    trigger: { control: join(plan.folder, CONTROL) },
    again: 4,
  };
}

const TIMED = join(import.meta.dirname, "ecluse-timed.ts");

/** The same gateway, which also says how long each change took in its process. */
function timed(plan: Plan, settings: readonly string[]): Launch {
  const [inventory, state, control] = ["ecluse.yaml", "state", CONTROL].map((name) => join(plan.folder, name));
  const { files, command, ...rest } = launch(plan, settings);
  const node = command.slice(0, command.indexOf(MAIN));
  return { ...rest, files, command: [...node, TIMED, inventory ?? "", state ?? "", control ?? ""] };
}

/** `settings`: more lines of `gateway`. */
function launch(plan: Plan, settings: readonly string[] = []): Launch {
  const inventory = join(plan.folder, "ecluse.yaml");
  return {
    files: { "ecluse.yaml": inventoryOf(plan, settings) },
    command: [
      process.execPath,
      "--max-semi-space-size=2",
      "--v8-pool-size=1",
      "--conditions=source",
      MAIN,
      "serve",
      "--inventory",
      inventory,
      "--control",
      join(plan.folder, CONTROL),
    ],
    // State and control socket of this run only.
    env: { HOME: plan.folder, XDG_STATE_HOME: plan.folder, XDG_RUNTIME_DIR: plan.folder, NODE_COMPILE_CACHE: CACHE },
    ready: '"event":"ready"',
  };
}

/** All sessions come from one address here, hence `perSource`. */
function inventoryOf(plan: Plan, settings: readonly string[]): string {
  const { doors, gateway, allowed, sessions, loopback } = plan;
  const network = loopback ? "127.17.0.0/16" : "172.17.0.0/16";
  const depots = Map.groupBy(doors, (door) => door.depot);
  return [
    "gateway:",
    `  address: ${gateway}`,
    `  terminals: { network: ${network}, firstHost: 10, port: 8888 }`,
    `  limits: { sessions: ${sessions}, perSource: ${sessions} }`,
    ...settings,
    `sources: { till: { addresses: [${allowed.join(", ")}] } }`,
    "depots:",
    ...[...depots].map(([depot, its]) => `  ${depot}: { allow: [till], terminals: 1-${its.length} }`),
    ...(loopback ? ["exceptions:", ...doors.map(exceptionOf)] : []),
    "",
  ].join("\n");
}

function exceptionOf({ depot, terminal }: Door): string {
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  return `  - { rule: terminal-on-loopback, on: depot${twoDigits(depot)}-tpe${twoDigits(terminal)}, reason: bench }`;
}
