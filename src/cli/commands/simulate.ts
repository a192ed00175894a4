/** `ecluse simulate`: payment terminals that are none, until SIGINT or SIGTERM. */
import { formatAddress, parseAddress } from "@ecluse/guard/address";
import { EcluseError } from "../../errors.ts";
import { parseDuration } from "../../inventory/duration.ts";
import { loadInventory } from "../../inventory/load.ts";
import { nearestIds, parseSelector, selects } from "../../inventory/selector.ts";
import { compile } from "../../policy/compile.ts";
import type { Flow, RelayedFlow } from "../../policy/policy.ts";
import type { BehaviourName } from "../../simulate/behaviours.ts";
import { BEHAVIOURS, isBehaviour, LONGEST_DELAY } from "../../simulate/behaviours.ts";
import { describeEvent } from "../../simulate/describe.ts";
import type { TerminalEvent } from "../../simulate/events.ts";
import { SimulatedTerminal } from "../../simulate/terminal.ts";
import type { ExitCode, Invocation, Io } from "../command.ts";
import { textOption } from "../given.ts";
import { formatFindings } from "../findings-report.ts";
import { inventoryFile } from "../inventory-file.ts";

/** A terminal to stand in for. Without a name it is called by its address and port. */
interface Place {
  readonly name?: string;
  readonly address: string;
  readonly port: number;
}

type Report = (terminal: string, event: Announcement | TerminalEvent) => void;

interface Announcement {
  readonly kind: "listening" | "refusing";
  readonly address: string;
  readonly port: number;
  readonly behaviour: BehaviourName;
}

export async function run({ operands, options, io }: Invocation): Promise<ExitCode> {
  const behaviour = behaviourOf(textOption(options, "behaviour") ?? "pay");
  const delay = delayOf(textOption(options, "delay") ?? "2s");
  const places = placesOf(operands[0], options, io);
  const report = reporter(io, options["json"] === true);
  using stop = stopSignal();
  await using terminals = new AsyncDisposableStack();
  for (const place of places) {
    const terminal = terminals.use(await SimulatedTerminal.start({ ...place, behaviour, delay }));
    announce(terminal, place.name ?? `${terminal.address}:${terminal.port}`, report);
  }
  await stop.received;
  return 0;
}

function announce(terminal: SimulatedTerminal, name: string, report: Report): void {
  const { address, port, behaviour } = terminal;
  const kind = BEHAVIOURS[behaviour].listens === false ? "refusing" : "listening";
  report(name, { kind, address, port, behaviour });
  terminal.onEvent((event) => report(name, event));
}

function behaviourOf(name: string): BehaviourName {
  if (isBehaviour(name)) return name;
  const hint = `one of ${Object.keys(BEHAVIOURS).join(", ")}`;
  throw new EcluseError("usage", `Cannot simulate "${name}": there is no such behaviour`, { hint });
}

function delayOf(text: string): number {
  const delay = parseDuration(text);
  if (delay !== undefined && delay <= LONGEST_DELAY) return delay;
  const hint = "a whole number and a unit, at most 180s: 500ms, 2s, 3m";
  throw new EcluseError("usage", `Cannot wait for a customer "${text}": no such delay`, { hint });
}

function placesOf(selector: string | undefined, options: Invocation["options"], io: Io): readonly Place[] {
  const { listen, inventory } = options;
  if (selector !== undefined && listen !== undefined) {
    const hint = "give one of them";
    throw new EcluseError("usage", "Cannot simulate both a SELECTOR and --listen ADDRESS:PORT", { hint });
  }
  if (selector !== undefined) return placesOfInventory(selector, options, io);
  if (inventory !== undefined) {
    const hint = "name its terminals (22/1, depot22), or leave --inventory out";
    throw new EcluseError("usage", "Cannot simulate an inventory without a SELECTOR", { hint });
  }
  return String(listen ?? "127.0.0.1:8888")
    .split(",")
    .map(placeOf);
}

/** `127.17.22.10:8888`; port 0 is any free one, and the first line says which. */
function placeOf(text: string): Place {
  const [, host = "", port = ""] = /^([^:]*):(0|[1-9]\d{0,4})$/.exec(text) ?? [];
  const address = parseAddress(host);
  if (address !== undefined && Number(port) <= 65_535) return { address: formatAddress(address), port: Number(port) };
  const hint = "write an IPv4 address and a port: --listen 127.17.22.10:8888 (several: with commas)";
  throw new EcluseError("usage", `Cannot listen on "${text}": no address and port`, { hint });
}

/** The terminals that a selector names, at the addresses that the gateway would dial. */
function placesOfInventory(selector: string, options: Invocation["options"], io: Io): readonly Place[] {
  const file = inventoryFile({ options, io });
  const { inventory, findings, files } = loadInventory(file);
  if (inventory === undefined) {
    io.err(formatFindings(findings, files, { colour: false }));
    const hint = "mend what is listed above, then try: ecluse check";
    throw new EcluseError("inventory-refused", `Cannot simulate terminals of ${file}: it has errors`, { hint });
  }
  const terminals = compile(inventory).flows.filter(isTerminal);
  const wanted = parseSelector(selector);
  const found = wanted === undefined ? [] : terminals.filter((flow) => selects(wanted, flow));
  if (found.length > 0) return found.map(placeOfFlow);
  const ids = terminals.map(({ id }) => id);
  const hint =
    ids.length === 0 ? "the inventory has no terminal" : `the nearest are ${nearestIds(selector, ids).join(", ")}`;
  const message = `Cannot simulate ${JSON.stringify(selector)}: no terminal of the inventory has that name`;
  throw new EcluseError("no-such-flow", message, { hint });
}

function isTerminal(flow: Flow): flow is RelayedFlow {
  return flow.kind === "relayed" && flow.position !== undefined;
}

function placeOfFlow({ id, target }: RelayedFlow): Place {
  return { name: id, address: formatAddress(target.address), port: target.port };
}

/** One line per event: JSON with the instant in UTC, or local time, terminal and words. */
function reporter(io: Io, json: boolean): Report {
  return (terminal, { kind, ...facts }) => {
    const now = new Date();
    const line = json
      ? JSON.stringify({ time: now.toISOString(), terminal, event: kind, ...facts })
      : `${clock(now)}  ${terminal}  ${words({ kind, ...facts } as Announcement | TerminalEvent)}`;
    io.out(`${line}\n`);
  };
}

function words(event: Announcement | TerminalEvent): string {
  if (!("behaviour" in event)) return describeEvent(event);
  return `${event.kind} on ${event.address}:${event.port}; ${event.behaviour}: ${BEHAVIOURS[event.behaviour].description}`;
}

function clock(instant: Date): string {
  const digits = (value: number, count: number): string => String(value).padStart(count, "0");
  const [hours, minutes, seconds] = [instant.getHours(), instant.getMinutes(), instant.getSeconds()];
  return `${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}.${digits(instant.getMilliseconds(), 3)}`;
}

/** SIGINT or SIGTERM, from now on. */
function stopSignal(): Disposable & { readonly received: Promise<undefined> } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return { received: promise, [Symbol.dispose]: () => void process.off("SIGINT", stop).off("SIGTERM", stop) };
}
