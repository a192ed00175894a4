/** Load, within its bounds: what `ecluse load` runs, and `ecluse accept --load` as its last step. */
import { type Ipv4, formatAddress, parseAddress } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import { quote } from "../inventory/quote.ts";
import { type Door, type LoadResult, MOST_RATE, MOST_TIME, dueOf, load } from "../load/load.ts";
import { look, payAt } from "../load/visit.ts";
import { judge } from "../policy/decide.ts";
import type { Policy, RelayedFlow } from "../policy/policy.ts";
import { systemClock } from "./clock.ts";
import type { Invocation } from "./command.ts";
import { durationOption, textOption } from "./given.ts";
import { Progress } from "./progress.ts";
import { isOwn, ownAddresses } from "./vantages.ts";

export interface LoadStep {
  readonly policy: Policy;
  readonly flows: readonly RelayedFlow[];
  /** Where connections come from; absent: an address of this host that may enter every one of the flows. */
  readonly from?: string | undefined;
}

const RATE = "20/s";
const LASTING = 30_000;

/** Throws `usage` for what is out of bounds, forbidden by the inventory, or needs `--yes`. */
export async function loadStep(invocation: Invocation, { policy, flows, from }: LoadStep): Promise<LoadResult> {
  const { options, io } = invocation;
  const bounds = checkLoad(options, flows);
  const source = from ?? addressThatMayEnter(policy, flows);
  const visit = options["pay"] === undefined ? look : payAt;
  const progress = new Progress(io, "loading", dueOf(bounds));
  try {
    const told = (): void => progress.step();
    return await load({ ...bounds, doors: flows.map(doorOf), visit: (door) => visit(door, source), told });
  } finally {
    progress.end();
  }
}

/** How much, and for how long; the same `usage` before anything is done. */
export function checkLoad(options: Invocation["options"], flows: readonly RelayedFlow[]): Bounds {
  refuseForbidden(flows, options);
  return boundsOf(options);
}

type Bounds = Pick<LoadResult, "rate" | "lasting">;

function boundsOf(options: Invocation["options"]): Bounds {
  const text = textOption(options, "rate") ?? RATE;
  const rate = Number(/^([1-9]\d{0,3})\/s$/.exec(text)?.[1]);
  const lasting = durationOption(options, "for") ?? LASTING;
  if (rate <= MOST_RATE && lasting >= 1_000 && lasting <= MOST_TIME) return { rate, lasting };
  throw new EcluseError("usage", `Cannot load with ${quote(text)} for ${lasting / 1_000} s`, {
    hint: `write --rate 1/s to ${MOST_RATE}/s, and --for 1s to ${MOST_TIME / 60_000}m`,
  });
}

/** Real terminals are somebody's: those that must not be looked at never are, the others only when asked for twice. */
function refuseForbidden(flows: readonly RelayedFlow[], options: Invocation["options"]): void {
  const real = flows.filter(({ target }) => !isLoopback(target.address));
  const forbidden = real.filter(({ probe, acceptProxy }) => probe === "none" || acceptProxy !== undefined);
  if (flows.length === 0) throw refused("no terminal may be loaded", "name others");
  if (forbidden.length > 0)
    throw refused(`${listed(forbidden)}: the inventory forbids to look at it`, "name others, or simulate them");
  if (real.length > 0 && options["pay"] !== undefined)
    throw refused(`${listed(real)} is not on loopback: payments go to simulated terminals only`, "leave --pay out");
  if (real.length > 0 && options["yes"] === undefined)
    throw refused(`${listed(real)} is not on loopback, and may be a real terminal`, "add --yes where that is meant");
}

function refused(why: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot load: ${why}`, { hint });
}

function listed(flows: readonly RelayedFlow[]): string {
  const names = flows.slice(0, 3).map(({ id }) => id);
  return flows.length > 3 ? `${names.join(", ")} and ${flows.length - 3} more` : names.join(", ");
}

/** Every address of 127.0.0.0/8 is this host's, so a source there is one that it can come from. */
function addressThatMayEnter(policy: Policy, flows: readonly RelayedFlow[]): string {
  const now = systemClock.wall();
  const mayEnter = (address: Ipv4): boolean => flows.every((flow) => judge(flow, address, now).permit);
  const starts = flows[0] === undefined ? [] : [...flows[0].gate.starts].filter((start) => start >>> 24 === 127);
  const found = [...ownAddresses(), ...(starts as Ipv4[])].find(mayEnter);
  if (found !== undefined) return formatAddress(found);
  throw refused(
    `no address of this host may enter ${flows.length} of the ${policy.flows.length} flows`,
    "run it where an authorised source is, or name an address of this host: --from ADDRESS",
  );
}

/** `--from`: an address of this host. */
export function ownAddressOption(options: Invocation["options"]): string | undefined {
  const text = textOption(options, "from");
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address !== undefined && isOwn(address)) return text;
  throw new EcluseError("usage", `Cannot come from ${quote(text)}: it is no address of this host`, {
    hint: `this host has ${ownAddresses().map(formatAddress).join(", ")}`,
  });
}

function doorOf({ id, endpoints: [door] }: RelayedFlow): Door {
  if (door === undefined) throw new TypeError(`${id} has no door`);
  return { flow: id, host: formatAddress(door.address), port: door.port };
}

function isLoopback(address: Ipv4): boolean {
  return address >>> 24 === 127;
}
