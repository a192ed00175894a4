/** `ecluse serve`: opens the inventory's doors and relays, until it is told to stop. */
import { readApart } from "../../change/read-apart.ts";
import { EcluseError } from "../../errors.ts";
import { Gateway } from "../../gateway.ts";
import type { Inventory } from "../../inventory/model.ts";
import type { GatewayEvent } from "../../observe/events.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation, Io } from "../command.ts";
import { formatFindings } from "../findings-report.ts";
import { inventoryFile } from "../inventory-file.ts";
import { LogWriter, descriptorOutput } from "../log-writer.ts";
import { prettyLine } from "../pretty.ts";

/** How long the last lines may take to be written, in milliseconds. */
const LAST_LINES = 1_000;

/** 0: every session had ended. 1: some were cut. 2: the inventory was refused. */
export async function run({ options, io }: Invocation): Promise<ExitCode> {
  const inventory = await readInventory(inventoryFile({ options, io }), io);
  const pretty = process.stdout.isTTY && options["json"] === undefined;
  const lineOf = (event: GatewayEvent | DroppedEvent): string => lineFor(event, pretty, io.colour);
  const log = new LogWriter(descriptorOutput(1), { dropped: (count) => lineOf({ event: "log-dropped", count }) });
  const gateway = new Gateway({ clock: systemClock, tell: (event) => log.line(lineOf(event)) });
  const stopped = stopOnSignal(gateway, inventory.gateway.limits.drain);
  ignoreSignals((event) => log.line(lineOf(event)));
  await gateway.apply(inventory);
  const { cut } = await stopped;
  log.line(lineOf({ event: "stopped", cut }));
  await log.close(LAST_LINES);
  return cut === 0 ? 0 : 1;
}

async function readInventory(file: string, io: Io): Promise<Inventory> {
  const result = await readApart(file);
  if (result.inventory !== undefined) return result.inventory;
  io.err(formatFindings(result.findings, result.files, { colour: false }));
  throw new EcluseError("inventory-refused", `Cannot serve ${file}: it has errors, so no door was opened`, {
    hint: "mend what is listed above, then try: ecluse check",
  });
}

/** The first SIGTERM or SIGINT closes the doors and waits for the sessions inside; a second ends them at once. */
function stopOnSignal(gateway: Gateway, drain: number): Promise<{ readonly cut: number }> {
  return new Promise((resolve) => {
    let limit = drain;
    // With every door blocked there is no listener to keep the process alive, and the doors are still to be retried.
    const alive = setInterval(() => undefined, 60_000);
    const stop = (): void => {
      clearInterval(alive);
      void gateway.stop(limit).then(resolve);
      limit = 0;
    };
    process.on("SIGTERM", stop).on("SIGINT", stop);
  });
}

/** Signals whose default would end the process, and with it the sessions, or open Node's debugger. */
function ignoreSignals(tell: (event: GatewayEvent) => void): void {
  const message = "this version reads its inventory only at start";
  for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => tell({ event: "ignored", signal, message }));
  }
}

interface DroppedEvent {
  readonly event: "log-dropped";
  readonly count: number;
}

function lineFor(event: GatewayEvent | DroppedEvent, pretty: boolean, colour: boolean): string {
  const at = systemClock.wall();
  if (!pretty) return JSON.stringify({ time: new Date(at).toISOString(), ...event });
  return event.event === "log-dropped" ? `${event.count} lines were dropped` : prettyLine(event, at, colour);
}
