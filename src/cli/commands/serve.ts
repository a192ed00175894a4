/** `ecluse serve`: opens the inventory's doors and relays, until it is told to stop or another process takes over. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Unpacking } from "../../change/packed-inventory.ts";
import { readApart } from "../../change/read-apart.ts";
import { RefusedInventory } from "../../change/refused-inventory.ts";
import { EcluseError } from "../../errors.ts";
import { ManagedGateway } from "../../managed-gateway/managed-gateway.ts";
import type { ManagedGatewayOptions } from "../../managed-gateway/options.ts";
import { listeningSockets } from "../../take-over/listening.ts";
import { type Predecessor, predecessor } from "../../take-over/predecessor.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation } from "../command.ts";
import { eventLog } from "../event-log.ts";
import { formatFindings } from "../findings-report.ts";
import { ignoreSignals } from "../ignored-signals.ts";
import { inventoryFile } from "../inventory-file.ts";
import { type Notify, systemdNotify } from "../notify.ts";
import { passedSockets } from "../passed-sockets.ts";
import { defaultControl, defaultState } from "../places.ts";
import { type StopRequests, stopRequests } from "../stop-requests.ts";

const DASHBOARD = new URL("../dashboard-child.ts", import.meta.url);

/**
 * 0: every session had ended, or none was ever let in. 1: some were cut. 2: it could not start. Started by a running
 * gateway that hands over, it takes that one's places and doors instead of reading its own.
 */
export async function run({ options, io }: Invocation): Promise<ExitCode> {
  const before = predecessor(io.env);
  await using log = eventLog({ options, io });
  const { tell } = log;
  // Heard from the first moment: some of these signals would otherwise end the process, or open a debugger.
  ignoreSignals(["SIGUSR1", "SIGUSR2"], tell);
  const reload = reloadRequests();
  const requests = stopRequests();
  const read = reader(requests.first);
  try {
    const found = before === undefined ? await startedAlone({ options, io }, read) : await startedToTakeOver(before);
    return await serve(
      { ...found, program: io, tell, read, boot: io.env["ECLUSE_BOOT"] },
      { requests, reload, notify: systemdNotify(io.env, tell) },
    );
  } catch (error) {
    if (error instanceof EcluseError) before?.failed(error);
    if (error instanceof RefusedInventory) throw refused(error, io);
    if (error instanceof Interrupted) return 0;
    throw error;
  }
}

type Found = Omit<ManagedGatewayOptions, "clock" | "read" | "tell" | "serving" | "program" | "dashboard">;

async function startedAlone(given: Pick<Invocation, "options" | "io">, read: Read): Promise<Found> {
  return { ...(await readSettings(given, read)), inherited: await passedSockets(given.io.env) };
}

async function startedToTakeOver(before: Predecessor): Promise<Found> {
  const { settings } = await before.commission;
  return { ...settings, predecessor: before, inherited: await listeningSockets() };
}

interface Outside {
  readonly requests: StopRequests;
  readonly reload: ReloadRequests;
  readonly notify: Notify;
}

async function serve(
  settings: Omit<ManagedGatewayOptions, "clock" | "serving" | "dashboard">,
  { requests, reload, notify }: Outside,
): Promise<ExitCode> {
  const serving = (): Promise<void> => notify("READY=1", `MAINPID=${process.pid}`);
  const gateway = await ManagedGateway.start({ ...settings, serving, clock: systemClock, dashboard: DASHBOARD });
  reload.on(() => void gateway.reload("SIGHUP"));
  const finished = gateway.handedOver.then(({ cut }) => ({ event: "finished", process: process.pid, cut }) as const);
  const stopped = stopOnRequest(gateway, requests, notify).then(({ cut }) => ({ event: "stopped", cut }) as const);
  // With every door blocked there is no listener to keep the process alive, and the doors are still to be retried.
  const alive = setInterval(() => undefined, 60_000);
  const last = await Promise.race([finished, stopped]);
  clearInterval(alive);
  await gateway.close();
  settings.tell(last);
  return last.cut === 0 ? 0 : 1;
}

type Read = ManagedGatewayOptions["read"];

/** Reads in another process, until told to stop. */
function reader(stop: AbortSignal): Read {
  const unpacking = new Unpacking();
  return async (origin) => {
    const result = await readApart(origin, { signal: stop, unpacking });
    if (result === undefined) throw new Interrupted();
    return result;
  };
}

/** Told to stop while an inventory was being read. */
class Interrupted extends EcluseError {
  constructor() {
    super("inventory-unreadable", "Cannot read the inventory: told to stop", { hint: "start it again" });
  }
}

/** Prints the findings, and returns the error that follows them. */
function refused({ result, message }: RefusedInventory, io: Invocation["io"]): EcluseError {
  io.err(formatFindings(result.findings, result.files, { colour: false }));
  return new EcluseError("inventory-refused", message, { hint: "mend what is listed above, then try: ecluse check" });
}

const DAY = 86_400_000;

/**
 * Where state, socket and journal are: as the file says, for that is what the operator sees. A file that cannot be used
 * does not keep the last applied inventory from being served: then the defaults hold.
 */
async function readSettings(given: Pick<Invocation, "options" | "io">, read: Read): Promise<Found> {
  const file = resolve(inventoryFile(given));
  const state = given.options["state"];
  const result = await read({ file }).catch((error: unknown) => {
    if (error instanceof Interrupted) throw error;
    if (error instanceof EcluseError && hasState(typeof state === "string" ? state : defaultState(given))) return null;
    throw error;
  });
  const gateway = result?.inventory?.gateway;
  const folder = typeof state === "string" ? state : (gateway?.state ?? defaultState(given));
  if (result !== null && gateway === undefined && !hasState(folder)) throw new RefusedInventory(file, result);
  const control = given.options["control"];
  return {
    file,
    ...(result?.inventory === undefined ? {} : { first: result }),
    state: folder,
    control: typeof control === "string" ? control : (gateway?.control ?? defaultControl(given, folder)),
    ...(gateway?.controlGroup === undefined ? {} : { controlGroup: gateway.controlGroup }),
    journal: gateway?.journal ?? { keep: 400 * DAY, size: 2_000_000_000 },
    watch: given.options["watch"] === true,
    keepRules: given.options["keep-rules"] === true,
  };
}

/** Whether an inventory was ever applied there. */
function hasState(folder: string): boolean {
  return existsSync(join(folder, "history"));
}

/** The first request closes the doors and waits for the sessions inside; a second ends them at once. */
async function stopOnRequest(
  gateway: ManagedGateway,
  stop: StopRequests,
  notify: Notify,
): Promise<{ readonly cut: number }> {
  if (!stop.first.aborted) await once(stop.first, "abort");
  if (!gateway.isHandedOver) void notify("STOPPING=1");
  stop.second.addEventListener("abort", () => void gateway.stop(0));
  return gateway.stop(stop.second.aborted ? 0 : gateway.drainLimit);
}

/** SIGHUP, and what it does once there is something to reload. */
interface ReloadRequests {
  readonly on: (reload: () => void) => void;
}

function reloadRequests(): ReloadRequests {
  let reload: (() => void) | undefined;
  let asked = false;
  process.on("SIGHUP", () => {
    asked = true;
    reload?.();
  });
  return {
    on: (given) => {
      reload = given;
      // It may speak of a file that was written after this process had read it.
      if (asked) given();
    },
  };
}
