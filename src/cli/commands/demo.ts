/**
 * `ecluse demo`: two depots of simulated terminals, a gateway before them, a till that may enter and a stranger who may
 * not; one terminal is broken. Everything on loopback, and the gateway and its dashboard are those of `serve`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { type Ipv4, formatAddress, parseAddress } from "@ecluse/guard/address";
import { inventoryOf } from "../../change/history-inventory.ts";
import { EcluseError } from "../../errors.ts";
import { parseDuration } from "../../inventory/duration.ts";
import { loadInventory } from "../../inventory/load.ts";
import type { Endpoint } from "../../inventory/model.ts";
import { ManagedGateway } from "../../managed-gateway/managed-gateway.ts";
import { type GatewayEvent, dashboardEvent } from "../../observe/events.ts";
import { compile } from "../../policy/compile.ts";
import type { RelayedFlow } from "../../policy/policy.ts";
import type { BehaviourName } from "../../simulate/behaviours.ts";
import { SimulatedTerminal } from "../../simulate/terminal.ts";
import { pay } from "../../simulate/till.ts";
import { DashboardProcess } from "../../web/dashboard-process.ts";
import { TokenFile } from "../../web/server/token.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation, Io } from "../command.ts";
import { type DemoEvent, type Setting, demoLine, introduction } from "../demo-lines.ts";
import { textOption } from "../given.ts";

const INVENTORY = fileURLToPath(new URL("../../../examples/demo.yaml", import.meta.url));

const DASHBOARD = new URL("../dashboard-child.ts", import.meta.url);
const PLACE: Endpoint = { address: parseAddress("127.0.0.1") as Ipv4, port: 8080 };

const TILL = "127.20.0.7";
const STRANGER = "127.66.6.6";

/** How the terminals behave in turn, and how long their customers take, in milliseconds. */
const TERMINALS: readonly { readonly behaviour: BehaviourName; readonly delay: number }[] = [
  { behaviour: "pay", delay: 1_200 },
  { behaviour: "split", delay: 1_800 },
  { behaviour: "decline", delay: 1_500 },
  { behaviour: "closes-first", delay: 900 },
];

/** Milliseconds between two payments, and between two knocks of the stranger. */
const PAYMENTS = 1_500;
const KNOCKS = 4_000;

/** Milliseconds between two reports of refusals: soon after the knock, for whoever watches. */
const REFUSALS = 500;

export async function run({ options, io }: Invocation): Promise<ExitCode> {
  const limit = lengthOf(textOption(options, "for"));
  const stage = new Stage(io, options["json"] === true);
  const { simulated, unplugged } = demoFlows();
  await using terminals = await startTerminals(simulated);
  using folder = ownFolder();
  const gateway = await openDoors(folder.path, stage);
  using stop = stopSignal(limit);
  stage.begin({ flows: [...simulated, ...unplugged], till: TILL, stranger: STRANGER, keyboard: stop.keyboard });
  const dashboard = options["no-dashboard"] === true ? undefined : await demoDashboard(folder.path, stage);
  dashboard?.serve();
  const actors = [
    payInTurn(simulated, stage, stop.signal),
    payOnce(unplugged, stage, stop.signal),
    knockInTurn(simulated, stage, stop.signal),
  ];
  await Promise.all(actors);
  stage.end();
  await dashboard?.[Symbol.asyncDispose]();
  await gateway.stop(0);
  await gateway.close();
  await terminals.disposeAsync();
  return 0;
}

/** The same gateway as that of `serve`, with its state and its socket in a folder that goes with the demo. */
async function openDoors(folder: string, stage: Stage): Promise<ManagedGateway> {
  const blocked: string[] = [];
  const gateway = await ManagedGateway.start({
    ...{ file: INVENTORY, state: folder, control: controlIn(folder), watch: false, clock: systemClock },
    ...{ journal: { keep: 86_400_000, size: 100_000_000 }, refusalPeriod: REFUSALS },
    // There is no program that could take over from a demo.
    program: { line: [], env: {} },
    read: (origin) => Promise.resolve("file" in origin ? loadInventory(origin.file) : inventoryOf(origin.entry)),
    tell: (event) => {
      if (event.event === "blocked") blocked.push(event.message);
      stage.show(event);
    },
  });
  const [first] = blocked;
  if (first === undefined) return gateway;
  await gateway.stop(0);
  await gateway.close();
  throw new EcluseError("cannot-listen", first, {
    hint: "stop what listens there, perhaps another demo: the demo needs 10101, 10102, 12201, 12202 and 12203 of 127.0.0.1",
  });
}

function controlIn(folder: string): string {
  return join(folder, "ecluse.sock");
}

/** In a process of its own, as that of `serve`. Where its port is taken the demo goes on without. */
async function demoDashboard(folder: string, stage: Stage): Promise<DashboardProcess> {
  const token = await new TokenFile(folder).current();
  const dashboard = new DashboardProcess({
    ...{ clock: systemClock, control: controlIn(folder), state: folder, program: DASHBOARD },
    where: () => PLACE,
    serving: (url) => stage.show({ event: "dashboard", url: `${url}#token=${token}` }),
    changed: (listen, trouble) => {
      if (trouble !== undefined) dashboard.last();
      stage.show(dashboardEvent(listen, trouble));
    },
  });
  return dashboard;
}

/** Gone at the end, however that comes. */
function ownFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), `ecluse-demo-${process.pid}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return { path, [Symbol.dispose]: remove };
}

/** Flows whose terminals are simulated; and those behind which nobody is. */
function demoFlows(): { readonly simulated: readonly RelayedFlow[]; readonly unplugged: readonly RelayedFlow[] } {
  const { inventory, findings } = loadInventory(INVENTORY);
  if (inventory === undefined) throw new TypeError(`the demo's inventory is wrong: ${findings[0]?.message ?? ""}`);
  const flows = compile(inventory).flows.filter((flow) => flow.kind === "relayed");
  return { simulated: flows.slice(0, TERMINALS.length), unplugged: flows.slice(TERMINALS.length) };
}

async function startTerminals(flows: readonly RelayedFlow[]): Promise<AsyncDisposableStack> {
  await using started = new AsyncDisposableStack();
  for (const [index, { target }] of flows.entries()) {
    const script = TERMINALS[index % TERMINALS.length];
    const terminal = SimulatedTerminal.start({ address: formatAddress(target.address), port: target.port, ...script });
    started.use(await terminal);
  }
  // Handed over whole; where one cannot start, those before it are closed.
  return started.move();
}

async function payInTurn(flows: readonly RelayedFlow[], stage: Stage, signal: AbortSignal): Promise<void> {
  await inTurn(flows, PAYMENTS, signal, (flow) => payAt(flow, stage, signal));
}

async function payAt(flow: RelayedFlow, stage: Stage, signal: AbortSignal): Promise<void> {
  const door = doorOf(flow);
  stage.show({ event: "paying", flow: flow.id, door: `${door.host}:${door.port}`, source: TILL });
  const result = await pay({ ...door, localAddress: TILL, amountCents: 1_250, signal });
  stage.show({ event: "payment", flow: flow.id, result });
}

function doorOf({ endpoints: [endpoint] }: RelayedFlow): { readonly host: string; readonly port: number } {
  if (endpoint === undefined) throw new TypeError("a relayed flow has a door");
  return { host: formatAddress(endpoint.address), port: endpoint.port };
}

async function payOnce(flows: readonly RelayedFlow[], stage: Stage, signal: AbortSignal): Promise<void> {
  await Promise.all(flows.map((flow) => payAt(flow, stage, signal).catch(() => undefined)));
}

async function knockInTurn(flows: readonly RelayedFlow[], stage: Stage, signal: AbortSignal): Promise<void> {
  await inTurn(flows.toReversed(), KNOCKS, signal, async (flow) => {
    const door = doorOf(flow);
    const result = await pay({ ...door, localAddress: STRANGER, amountCents: 100, signal });
    stage.show({ event: "stranger", flow: flow.id, door: `${door.host}:${door.port}`, source: STRANGER, result });
  });
}

type Act = (flow: RelayedFlow) => Promise<void>;

/** Does the act at each flow in turn, one every `period` milliseconds, until the signal; then lets it be. */
async function inTurn(flows: readonly RelayedFlow[], period: number, signal: AbortSignal, act: Act): Promise<void> {
  const acts: Promise<void>[] = [];
  for (let turn = 0; !signal.aborted; turn += 1) {
    const flow = flows[turn % flows.length];
    if (flow === undefined) return;
    acts.push(act(flow).catch(() => undefined));
    await passing(period, signal);
    if (acts.length > flows.length) await acts.shift();
  }
  await Promise.all(acts);
}

function passing(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
  });
}

function lengthOf(text: string | true | undefined): number | undefined {
  if (text === undefined) return undefined;
  const length = parseDuration(String(text));
  if (length !== undefined && length > 0) return length;
  throw new EcluseError("usage", `Cannot run the demo for "${String(text)}": no such duration`, {
    hint: "a whole number and a unit: 30s, 5m",
  });
}

/** The key q, Ctrl-C, SIGTERM or the time given: whichever comes first. */
function stopSignal(
  limit: number | undefined,
): Disposable & { readonly signal: AbortSignal; readonly keyboard: boolean } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = limit === undefined ? undefined : setTimeout(stop, limit);
  const key = (pressed: Buffer): void => {
    // Keys pressed together arrive together; 3 is Ctrl-C and 4 Ctrl-D where the terminal does not act on them itself.
    if (/[qQ\u0003\u0004]/.test(pressed.toString())) stop();
  };
  const keyboard = isatty(0);
  if (keyboard) process.stdin.setRawMode(true).on("data", key);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const release = (): void => {
    clearTimeout(timer);
    if (keyboard) process.stdin.setRawMode(false).off("data", key).pause();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  };
  return { signal: controller.signal, keyboard, [Symbol.dispose]: release };
}

type Shown = DemoEvent | GatewayEvent;

/** What is seen of the demo: nothing before its introduction, nothing after its last line. */
class Stage {
  readonly #io: Io;
  readonly #json: boolean;
  #early: Shown[] | undefined = [];
  #ended = false;
  readonly #seen = { accepted: 0, otherwise: 0, knocks: 0 };

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  show(event: Shown): void {
    if (this.#ended) return;
    if (this.#early !== undefined) {
      this.#early.push(event);
      return;
    }
    this.#count(event);
    const at = systemClock.wall();
    if (this.#json) this.#io.out(`${JSON.stringify({ time: new Date(at).toISOString(), ...event })}\n`);
    else this.#io.out(`${demoLine(event, at, this.#io.colour)}\n`);
  }

  begin(setting: Setting): void {
    if (!this.#json) this.#io.out(introduction(setting, this.#io.colour));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.show(event);
  }

  /** Payments under way are abandoned, sessions cut: nobody wants to read of that who has pressed q. */
  end(): void {
    this.show({ event: "ended", ...this.#seen });
    this.#ended = true;
  }

  #count(event: Shown): void {
    if (event.event === "payment") this.#seen[event.result.kind === "accepted" ? "accepted" : "otherwise"] += 1;
    if (event.event === "stranger") this.#seen.knocks += 1;
  }
}
