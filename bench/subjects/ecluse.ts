/** Ecluse's relay engine, as `ecluse serve` runs it. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Door, Launch, Plan, Subject } from "./subject.ts";

/** As in daily use: compiled code is kept from one start to the next. The first round finds it empty. */
const CACHE = join(tmpdir(), "ecluse-bench-cache");
const MAIN = join(import.meta.dirname, "../../src/cli/ecluse.js");

export const ecluse: Subject = {
  name: "ecluse",
  description: "ecluse serve, relay engine, defaults but for the number of sessions",
  missing: () => undefined,
  skips: {},
  launch,
  change: (plan) => ({
    launch: timed(plan),
    filesFor: (doors) => ({ "ecluse.yaml": inventoryOf({ ...plan, doors }) }),
    trigger: { control: join(plan.folder, "control.sock") },
    again: 4,
  }),
};

const TIMED = join(import.meta.dirname, "ecluse-timed.ts");

/** The same gateway, which also says how long each change took in its process. */
function timed(plan: Plan): Launch {
  const [inventory, state, control] = ["ecluse.yaml", "state", "control.sock"].map((name) => join(plan.folder, name));
  const { files, command, ...rest } = launch(plan);
  const node = command.slice(0, command.indexOf(MAIN));
  return { ...rest, files, command: [...node, TIMED, inventory ?? "", state ?? "", control ?? ""] };
}

function launch(plan: Plan): Launch {
  const inventory = join(plan.folder, "ecluse.yaml");
  return {
    files: { "ecluse.yaml": inventoryOf(plan) },
    command: [
      process.execPath,
      "--max-semi-space-size=2",
      "--conditions=source",
      MAIN,
      "serve",
      "--inventory",
      inventory,
    ],
    // State and control socket of this run only.
    env: { HOME: plan.folder, XDG_STATE_HOME: plan.folder, XDG_RUNTIME_DIR: plan.folder, NODE_COMPILE_CACHE: CACHE },
    ready: '"event":"ready"',
  };
}

/** All sessions come from one address here, hence `perSource`. */
export function inventoryOf({ doors, gateway, till, sessions, loopback }: Plan): string {
  const network = loopback ? "127.17.0.0/16" : "172.17.0.0/16";
  const depots = Map.groupBy(doors, (door) => door.depot);
  return [
    "gateway:",
    `  address: ${gateway}`,
    `  terminals: { network: ${network}, firstHost: 10, port: 8888 }`,
    `  limits: { sessions: ${sessions}, perSource: ${sessions} }`,
    `sources: { till: { addresses: [${till}] } }`,
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
