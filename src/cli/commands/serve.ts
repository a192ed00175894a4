/** `ecluse serve`: opens the inventory's doors and relays, until it is told to stop. */
import { once } from "node:events";
import { isatty } from "node:tty";
import { readApart } from "../../change/read-apart.ts";
import { EcluseError } from "../../errors.ts";
import { Gateway } from "../../gateway.ts";
import type { Inventory } from "../../inventory/model.ts";
import type { GatewayEvent } from "../../observe/events.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation, Io } from "../command.ts";
import { formatFindings } from "../findings-report.ts";
import { inventoryFile } from "../inventory-file.ts";
import { type DroppedEvent, LogWriter, descriptorOutput } from "../log-writer.ts";
import { prettyLine } from "../pretty.ts";

/** How long the last lines may take to be written, in milliseconds. */
const LAST_LINES = 1_000;

/** 0: every session had ended, or none was ever let in. 1: some were cut. 2: the inventory was refused. */
export async function run({ options, io }: Invocation): Promise<ExitCode> {
  const lineOf = isatty(1) && options["json"] === undefined ? prettyLines(io.colour) : jsonLine;
  const log = new LogWriter(descriptorOutput(1), { dropped: lineOf });
  const tell = (event: GatewayEvent): void => log.line(lineOf(event));
  // Heard from the first moment: some of these signals would otherwise end the process, or open a debugger.
  ignoreSignals(tell);
  const requests = stopRequests();
  try {
    const inventory = await readInventory(inventoryFile({ options, io }), io, requests.first);
    return inventory === undefined ? 0 : await relay(inventory, tell, requests);
  } finally {
    await log.close(LAST_LINES);
  }
}

async function relay(inventory: Inventory, tell: (event: GatewayEvent) => void, stop: StopRequests): Promise<ExitCode> {
  const gateway = new Gateway({ clock: systemClock, tell });
  const stopped = stopOnRequest(gateway, inventory.gateway.limits.drain, stop);
  await gateway.apply(inventory);
  const { cut } = await stopped;
  tell({ event: "stopped", cut });
  return cut === 0 ? 0 : 1;
}

/** `undefined` where it was told to stop meanwhile. */
async function readInventory(file: string, io: Io, stop: AbortSignal): Promise<Inventory | undefined> {
  const result = await readApart(file, { signal: stop });
  if (result === undefined) return undefined;
  if (result.inventory !== undefined) return result.inventory;
  io.err(formatFindings(result.findings, result.files, { colour: false }));
  throw new EcluseError("inventory-refused", `Cannot serve ${file}: it has errors, so no door was opened`, {
    hint: "mend what is listed above, then try: ecluse check",
  });
}

/** SIGTERM or SIGINT, once and twice. */
interface StopRequests {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
}

function stopRequests(): StopRequests {
  const first = new AbortController();
  const second = new AbortController();
  const stop = (): void => (first.signal.aborted ? second : first).abort();
  process.on("SIGTERM", stop).on("SIGINT", stop);
  return { first: first.signal, second: second.signal };
}

/** The first request closes the doors and waits for the sessions inside; a second ends them at once. */
async function stopOnRequest(gateway: Gateway, drain: number, stop: StopRequests): Promise<{ readonly cut: number }> {
  await requested(stop.first);
  stop.second.addEventListener("abort", () => void gateway.stop(0));
  return gateway.stop(stop.second.aborted ? 0 : drain);
}

async function requested(stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  // With every door blocked there is no listener to keep the process alive, and the doors are still to be retried.
  const alive = setInterval(() => undefined, 60_000);
  await once(stop, "abort");
  clearInterval(alive);
}

/** Signals whose default would end the process, and with it the sessions, or open Node's debugger. */
function ignoreSignals(tell: (event: GatewayEvent) => void): void {
  const message = "this version reads its inventory only at start";
  for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => tell({ event: "ignored", signal, message }));
  }
}

type LogEvent = GatewayEvent | DroppedEvent;

function jsonLine(event: LogEvent): string {
  return JSON.stringify({ time: new Date(systemClock.wall()).toISOString(), ...event });
}

function prettyLines(colour: boolean): (event: LogEvent) => string {
  return (event) => prettyLine(event, systemClock.wall(), colour);
}
