/**
 * One door without an inventory: what `ecluse forward` is told, read into values that cannot be wrong, and their policy.
 *
 * Judged as the inventory would judge it: the same addresses are unusable, the same bounds hold.
 */
import { contains, parseAddress, parseNetwork, type Network } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import { whyUnusable } from "../inventory/checks/unusable.ts";
import type { Endpoint, Grant, Limits, OnRevoke, Queue } from "../inventory/model.ts";
import { quote } from "../inventory/quote.ts";
import { compileGate } from "../policy/gate.ts";
import { type Policy, type RelayedFlow, doorsAt } from "../policy/policy.ts";
import { parseAllowed } from "./allowed.ts";
import type { Invocation } from "./command.ts";
import { durationOption, numberOption, textOption } from "./given.ts";
import { parseLimits } from "./limits-list.ts";

export interface Forwarding {
  readonly listen: Endpoint;
  readonly target: Endpoint;
  readonly grants: readonly Grant[];
  readonly limits: Limits;
  /** Sessions at once at the target; absent: no limit beyond the process's. */
  readonly sessions?: number;
  readonly queue?: Queue;
  readonly onRevoke: OnRevoke;
}

const LISTEN = "0.0.0.0:8888";
const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

/** Throws `usage` for whatever is not understood: a door that is half understood stays closed. */
export function readForwarding({ operands, options, io }: Invocation): Forwarding {
  const listen = endpointOf(textOption(options, "listen") ?? LISTEN);
  const target = targetOf(operands, listen);
  const sessions = numberOption(options, "sessions");
  const queue = queueOf(options, sessions);
  return {
    listen,
    target,
    grants: parseAllowed(textOption(options, "allow") ?? io.env["ECLUSE_ALLOW"] ?? ""),
    limits: parseLimits(textOption(options, "limits") ?? ""),
    ...(sessions === undefined ? {} : { sessions }),
    ...(queue === undefined ? {} : { queue }),
    onRevoke: onRevokeOf(textOption(options, "revoke") ?? "drain"),
  };
}

/** A policy of one flow with one door. */
export function forwardPolicy({ listen, target, grants, limits, onRevoke, ...places }: Forwarding): Policy {
  const flow: RelayedFlow = {
    kind: "relayed",
    id: "forward",
    endpoints: [listen],
    target,
    direction: "other",
    grants,
    gate: compileGate(grants, (source) => [parseNetwork(source) as Network]),
    onRevoke,
    ...places,
  };
  return { limits, flows: [flow], doors: doorsAt([{ endpoint: listen, flow }]) };
}

function endpointOf(text: string): Endpoint {
  const [, host = "", digits = ""] = /^([^:]*):([^:]*)$/.exec(text) ?? [];
  const [address, port] = [parseAddress(host), portOf(digits)];
  if (address !== undefined && port !== undefined) return { address, port };
  throw cannotForward(`${quote(text)} is no address and port`, `write --listen ${LISTEN}`);
}

function targetOf([host = "", digits = ""]: readonly string[], listen: Endpoint): Endpoint {
  const [address, port] = [parseAddress(host), portOf(digits)];
  const hint = "write an IPv4 address and a port: ecluse forward 172.17.1.10 8888";
  if (address === undefined) throw cannotForward(`${quote(host)} is not an IPv4 address`, hint);
  if (port === undefined) throw cannotForward(`${quote(digits)} is not a port`, hint);
  const reason = whyUnusable(address);
  if (reason !== undefined) throw cannotForward(`${host} ${reason}`, "write the address of one host");
  const target = { address, port };
  if (isItself(target, listen)) throw cannotForward(`${host} ${digits} is this door itself`, "write where it leads");
  return target;
}

/** A connection would come in again, until nothing is left. */
function isItself(target: Endpoint, listen: Endpoint): boolean {
  const here = listen.address === 0 ? contains(LOOPBACK, target.address) : target.address === listen.address;
  return here && target.port === listen.port;
}

function portOf(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function queueOf(options: Invocation["options"], sessions: number | undefined): Queue | undefined {
  const [length, wait] = [numberOption(options, "queue"), durationOption(options, "wait")];
  if (length === undefined && wait === undefined) return undefined;
  if (length === undefined) throw cannotForward("--wait has no effect without --queue", "write --queue 4 beside it");
  if (sessions === undefined) throw cannotForward("--queue has no effect without --sessions", "write --sessions 1");
  return { length, wait: wait ?? 30_000 };
}

function onRevokeOf(text: string): OnRevoke {
  const known = (["drain", "cut", "keep"] as const).find((word) => word === text);
  if (known !== undefined) return known;
  throw cannotForward(`${quote(text)} is no way to revoke`, "write --revoke drain, cut or keep");
}

function cannotForward(problem: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot forward: ${problem}`, { hint });
}
