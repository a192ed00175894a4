/** A running gateway with state and socket in a folder of its own, and the commands that speak to it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inventoryOf } from "../../src/change/history-inventory.ts";
import { systemClock } from "../../src/cli/clock.ts";
import type { ExitCode } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import type { Clock } from "../../src/engine/engine.ts";
import { loadInventory } from "../../src/inventory/load.ts";
import { ManagedGateway } from "../../src/managed-gateway/managed-gateway.ts";
import type { GatewayEvent } from "../../src/observe/events.ts";
import { type Site, siteBefore } from "../serve/serving.ts";
import { turns } from "../support/loopback.ts";

export interface Printed {
  readonly exit: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface Running extends AsyncDisposable {
  readonly site: Site;
  readonly file: string;
  readonly control: string;
  readonly told: readonly GatewayEvent[];
  /** Writes the inventory anew, edited; applies nothing. */
  readonly write: (edit: (inventory: string) => string) => void;
  /** Runs a command in this process. */
  readonly ecluse: (...words: readonly string[]) => Promise<Printed>;
  /** The state directory. */
  readonly state: string;
  /** Ends the gateway; its folder stays until it is disposed. */
  readonly stop: () => Promise<void>;
  readonly json: (...words: readonly string[]) => Promise<unknown>;
}

export interface RunningOptions {
  readonly clock?: Clock;
  readonly edit?: (inventory: string) => string;
  /** Called with the state directory before the gateway starts. */
  readonly prepare?: (state: string) => void;
}

type Target = Parameters<typeof siteBefore>[0][number];

/** A gateway whose doors lead to these targets, open to one till. */
export async function running(
  targets: readonly Target[],
  { clock = systemClock, edit = (text) => text, prepare }: RunningOptions = {},
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-commands-"));
  const [file, control, state] = ["ecluse.yaml", "control.sock", "state"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const site = await siteBefore(targets);
  const inventory = site.inventory.replace("gateway: {", `gateway: { state: ${state}, control: ${control},`);
  const write = (change: (text: string) => string): void => writeFileSync(file, change(inventory));
  write(edit);
  prepare?.(state);
  const told: GatewayEvent[] = [];
  const gateway = await ManagedGateway.start({
    ...{ file, state, control, clock, program: { line: [], env: {} }, watch: false },
    journal: { keep: 86_400_000, size: 10_000_000 },
    read: (origin) => Promise.resolve("file" in origin ? loadInventory(origin.file) : inventoryOf(origin.entry)),
    tell: (event) => void told.push(event),
  });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await gateway.stop(0);
    await gateway.close();
  };
  const ecluse = (...words: readonly string[]): Promise<Printed> => run([...words, "--inventory", file]);
  return {
    ...{ site, file, control, state, told, write, ecluse, stop },
    json: async (...words) => JSON.parse((await ecluse(...words, "--json")).out) as unknown,
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs `ecluse WORDS` in this process, as the user `operator`. `hear` gets what goes to stderr, also before an error. */
export async function run(words: readonly string[], hear = (_text: string): void => undefined): Promise<Printed> {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  if (command === undefined) throw new TypeError(`no such command: ${words[0] ?? ""}`);
  const operands: string[] = [];
  const options: Record<string, string | true> = {};
  const repeated: Record<string, string[]> = {};
  const rest = words.slice(1);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const option = command.options.find(({ name }) => `--${name}` === word);
    if (option === undefined) operands.push(word);
    else if (option.repeatable === true) (repeated[option.name] ??= []).push(rest.shift() ?? "");
    else options[option.name] = option.value === undefined ? true : (rest.shift() ?? "");
  }
  let [out, err] = ["", ""];
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => {
      err += text;
      hear(text);
    },
    ...{ colour: false, env: { USER: "operator" }, line: [] },
  };
  const loaded = await command.load();
  return { exit: await loaded.run({ operands, options: { ...options, ...repeated }, io }), out, err };
}

/** Asks until the answer is the one that is awaited: the journal writes a moment later. */
export async function eventually(ask: () => Promise<Printed>, holds: (printed: Printed) => boolean): Promise<Printed> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const printed = await ask();
    if (holds(printed)) return printed;
    if (performance.now() > deadline) throw new Error(`not the awaited answer: ${printed.out}${printed.err}`);
    await turns(50);
  }
}
