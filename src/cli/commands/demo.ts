/**
 * `ecluse demo`: two depots of simulated terminals, a gateway before them, a till that may enter and a stranger who may
 * not. Everything on loopback, through the same inventory, policy and engine as `serve`.
 */
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { formatAddress } from "@ecluse/guard/address";
import { EcluseError } from "../../errors.ts";
import { Gateway } from "../../gateway.ts";
import { parseDuration } from "../../inventory/duration.ts";
import { loadInventory } from "../../inventory/load.ts";
import type { Inventory } from "../../inventory/model.ts";
import type { GatewayEvent } from "../../observe/events.ts";
import { compile } from "../../policy/compile.ts";
import type { RelayedFlow } from "../../policy/policy.ts";
import type { BehaviourName } from "../../simulate/behaviours.ts";
import { SimulatedTerminal } from "../../simulate/terminal.ts";
import { type PaymentResult, pay } from "../../simulate/till.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation, Io } from "../command.ts";
import { prettyLine } from "../pretty.ts";

const INVENTORY = fileURLToPath(new URL("../../../examples/demo.yaml", import.meta.url));

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

/** A line of the demo, as data; the gateway's own events are others. */
type DemoEvent =
  | { readonly event: "paying"; readonly flow: string; readonly door: string }
  | { readonly event: "payment"; readonly flow: string; readonly result: PaymentResult }
  | { readonly event: "stranger"; readonly flow: string; readonly door: string; readonly result: PaymentResult };

export async function run({ options, io }: Invocation): Promise<ExitCode> {
  const limit = lengthOf(options["for"]);
  const show = printer(io, options["json"] === true);
  const inventory = demoInventory();
  const flows = compile(inventory).flows.filter((flow) => flow.kind === "relayed");
  await using terminals = await startTerminals(flows);
  const gateway = new Gateway({ clock: systemClock, tell: show, refusalPeriod: KNOCKS / 2 });
  if (options["json"] === undefined) io.out(introduction(flows, io.colour));
  await openDoors(gateway, inventory);
  using stop = stopSignal(limit);
  const actors = [payInTurn(flows, show, stop.signal), knockInTurn(flows, show, stop.signal)];
  await Promise.all(actors);
  await gateway.stop(0);
  await terminals.disposeAsync();
  return 0;
}

async function openDoors(gateway: Gateway, inventory: Inventory): Promise<void> {
  const { blocked } = await gateway.apply(inventory);
  if (blocked.length === 0) return;
  await gateway.stop(0);
  throw new EcluseError("cannot-listen", "Cannot open the demo's doors 10101, 10102, 12201 and 12202 on 127.0.0.1", {
    hint: "another program listens there, perhaps another demo: see ss -ltnp",
  });
}

function demoInventory(): Inventory {
  const { inventory, findings } = loadInventory(INVENTORY);
  if (inventory === undefined) throw new TypeError(`the demo's inventory is wrong: ${findings[0]?.message ?? ""}`);
  return inventory;
}

async function startTerminals(flows: readonly RelayedFlow[]): Promise<AsyncDisposableStack> {
  const started = new AsyncDisposableStack();
  for (const [index, { target }] of flows.entries()) {
    const script = TERMINALS[index % TERMINALS.length];
    const terminal = SimulatedTerminal.start({ address: formatAddress(target.address), port: target.port, ...script });
    started.use(await terminal);
  }
  return started;
}

async function payInTurn(flows: readonly RelayedFlow[], show: Show, signal: AbortSignal): Promise<void> {
  await inTurn(flows, PAYMENTS, signal, async (flow, door) => {
    show({ event: "paying", flow: flow.id, door: `${door.host}:${door.port}` });
    const result = await pay({ ...door, localAddress: TILL, amountCents: 1_250, signal });
    show({ event: "payment", flow: flow.id, result });
  });
}

async function knockInTurn(flows: readonly RelayedFlow[], show: Show, signal: AbortSignal): Promise<void> {
  await inTurn(flows.toReversed(), KNOCKS, signal, async (flow, door) => {
    const result = await pay({ ...door, localAddress: STRANGER, amountCents: 100, signal });
    show({ event: "stranger", flow: flow.id, door: `${door.host}:${door.port}`, result });
  });
}

type Act = (flow: RelayedFlow, door: { readonly host: string; readonly port: number }) => Promise<void>;

/** Does the act at each flow in turn, one every `period` milliseconds, until the signal; then lets it be. */
async function inTurn(flows: readonly RelayedFlow[], period: number, signal: AbortSignal, act: Act): Promise<void> {
  const acts: Promise<void>[] = [];
  for (let turn = 0; !signal.aborted; turn += 1) {
    const flow = flows[turn % flows.length];
    const endpoint = flow?.endpoints[0];
    if (flow === undefined || endpoint === undefined) return;
    acts.push(act(flow, { host: formatAddress(endpoint.address), port: endpoint.port }).catch(() => undefined));
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
function stopSignal(limit: number | undefined): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = limit === undefined ? undefined : setTimeout(stop, limit);
  const key = (pressed: Buffer): void => {
    if (["q", "Q", "\u0003", "\u0004"].includes(pressed.toString())) stop();
  };
  const keyboard = process.stdin.isTTY;
  if (keyboard) process.stdin.setRawMode(true).on("data", key);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const release = (): void => {
    clearTimeout(timer);
    if (keyboard) process.stdin.setRawMode(false).off("data", key).pause();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  };
  return { signal: controller.signal, [Symbol.dispose]: release };
}

type Show = (event: DemoEvent | GatewayEvent) => void;

function printer(io: Io, json: boolean): Show {
  return (event) => {
    const at = systemClock.wall();
    if (json) io.out(`${JSON.stringify({ time: new Date(at).toISOString(), ...event })}\n`);
    else io.out(`${lineFor(event, at, io.colour)}\n`);
  };
}

function lineFor(event: DemoEvent | GatewayEvent, at: number, colour: boolean): string {
  const words = demoWords(event, colour);
  if (words === undefined) return `${prettyLine(event as GatewayEvent, at, colour)}`;
  return `${new Date(at).toTimeString().slice(0, 8)}  ${words}`;
}

function demoWords(event: DemoEvent | GatewayEvent, colour: boolean): string | undefined {
  const paint = (style: "bold" | "green" | "red" | "yellow" | "cyan", text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  if (event.event === "paying")
    return `${paint("cyan", "till")}        ${TILL} pays at ${event.flow} through ${event.door}`;
  if (event.event === "payment") {
    const { kind, duration } = event.result;
    const style = kind === "accepted" ? "green" : "yellow";
    return `${paint("cyan", "till")}        ${event.flow}: payment ${paint(style, kind)} after ${(duration / 1_000).toFixed(1)} s`;
  }
  if (event.event !== "stranger") return undefined;
  const { result } = event;
  const seen = result.kind === "refused" ? `connection reset (${result.code}); no terminal heard of it` : result.kind;
  return `${paint("red", "stranger")}    ${STRANGER} knocks at ${event.door}: ${paint("red", seen)}`;
}

function introduction(flows: readonly RelayedFlow[], colour: boolean): string {
  const bold = (text: string): string => (colour ? styleText("bold", text, { validateStream: false }) : text);
  const rows = flows.map(({ id, endpoints, target }) => {
    const doors = endpoints.map(({ address, port }) => `${formatAddress(address)}:${port}`).join(", ");
    return `  ${id}   ${doors}  ->  ${formatAddress(target.address)}:${target.port}`;
  });
  return [
    bold("Ecluse demo: two depots of simulated terminals, all on loopback."),
    "",
    ...rows,
    "",
    `  ${TILL} is the till, the only source that the inventory (examples/demo.yaml) lets in; ${STRANGER} is not.`,
    "  Press q to quit.",
    "",
    "",
  ].join("\n");
}
