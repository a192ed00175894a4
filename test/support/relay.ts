/** A relay engine for tests: small limits, a recorder of its events, and policies written in one line. */
import { parseNetwork, type Network } from "@ecluse/guard/address";
import type { Clock } from "../../src/engine/engine.ts";
import type { Applied, BlockedDoor, InsideSession, Refusal, SessionRecord } from "../../src/engine/records.ts";
import { Relay, type RelayOptions } from "../../src/engine/relay/relay.ts";
import type { Endpoint, Grant, Limits, OnRevoke, Queue } from "../../src/inventory/model.ts";
import { compileGate } from "../../src/policy/gate.ts";
import { type Balancer, type Policy, type RelayedFlow, type Standing, doorsAt } from "../../src/policy/policy.ts";
import { freePort, ipv4, loopbackAddress } from "./loopback.ts";

/** Longer than any test waits for what is to happen without them. */
export const LIMITS: Limits = {
  connect: 60_000,
  idle: 60_000,
  halfClosed: 60_000,
  stalled: 60_000,
  keepalive: 30_000,
  drain: 60_000,
  sessions: 4_096,
  perSource: 4_096,
};

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  every: (period, callback) => {
    const timer = setInterval(callback, period).unref();
    return () => clearInterval(timer);
  },
};

export interface FlowSpec {
  readonly id?: string;
  readonly listen: Endpoint | readonly Endpoint[];
  readonly target: Endpoint;
  /** Networks of one source, or grants naming networks as their source. */
  readonly allow?: readonly string[] | readonly Grant[];
  readonly sessions?: number;
  readonly queue?: Queue | undefined;
  readonly onRevoke?: OnRevoke;
  readonly standing?: Standing;
  /** Networks of balancers. */
  readonly acceptProxy?: readonly string[] | undefined;
  readonly sendProxy?: "v1" | "v2";
}

export function policyOf(specs: readonly FlowSpec[], limits: Partial<Limits> = {}): Policy {
  const flows = specs.map((spec, index): RelayedFlow => {
    const grants = (spec.allow ?? ["127.0.0.0/8"]).map((grant) =>
      typeof grant === "string" ? { source: grant } : grant,
    );
    return {
      kind: "relayed",
      id: spec.id ?? `flow/test-${index}`,
      endpoints: Array.isArray(spec.listen) ? (spec.listen as Endpoint[]) : [spec.listen as Endpoint],
      target: spec.target,
      direction: "other",
      grants,
      gate: compileGate(grants, (source) => [network(source)]),
      onRevoke: spec.onRevoke ?? "drain",
      ...(spec.sessions === undefined ? {} : { sessions: spec.sessions }),
      ...(spec.standing === undefined ? {} : { standing: spec.standing }),
      ...(spec.acceptProxy === undefined ? {} : { acceptProxy: spec.acceptProxy.map(balancer) }),
      ...(spec.sendProxy === undefined ? {} : { sendProxy: spec.sendProxy }),
      ...(spec.queue === undefined ? {} : { queue: spec.queue }),
    };
  });
  const doors = flows.flatMap((flow) => flow.endpoints.map((endpoint) => ({ endpoint, flow })));
  return { limits: { ...LIMITS, ...limits }, flows, doors: doorsAt(doors) };
}

function balancer(name: string): Balancer {
  return { name, networks: [network(name)] };
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if ("kind" in parsed) throw new TypeError(`not a network: ${text}`);
  return parsed;
}

export interface TestRelay extends AsyncDisposable {
  readonly relay: Relay;
  readonly ended: SessionRecord[];
  /** In the order they began; those that only waited are in `leftLine` too. */
  readonly began: InsideSession[];
  /** Their numbers, as they ended. */
  readonly endedNumbers: number[];
  readonly leftLine: number[];
  readonly refused: Refusal[];
  readonly blocked: BlockedDoor[];
  readonly unblocked: BlockedDoor[];
  readonly unclaimed: Endpoint[];
}

export function startRelay(options: Partial<Omit<RelayOptions, "events">> = {}): TestRelay {
  const ended: SessionRecord[] = [];
  const began: InsideSession[] = [];
  const endedNumbers: number[] = [];
  const leftLine: number[] = [];
  const refused: Refusal[] = [];
  const blocked: BlockedDoor[] = [];
  const unblocked: BlockedDoor[] = [];
  const unclaimed: Endpoint[] = [];
  const relay = new Relay({
    clock: systemClock,
    ...options,
    events: {
      began: (session) => void began.push(session),
      ended: (record, session) => {
        ended.push(record);
        endedNumbers.push(session);
      },
      leftLine: (_record, session) => void leftLine.push(session),
      refused: (refusal) => void refused.push(refusal),
      blocked: (door) => void blocked.push(door),
      unblocked: (door) => void unblocked.push(door),
      unclaimed: (endpoint) => void unclaimed.push(endpoint),
      altered: () => undefined,
    },
  });
  return {
    relay,
    ended,
    began,
    endedNumbers,
    leftLine,
    refused,
    blocked,
    unblocked,
    unclaimed,
    [Symbol.asyncDispose]: () => relay.drain(0).then(() => undefined),
  };
}

/** A relay with one door, and what most tests say about it. */
export interface OpenDoor extends TestRelay {
  readonly host: string;
  readonly port: number;
  readonly endpoint: Endpoint;
  /** Applies another policy for the same door: what is not said stays as it was opened. */
  readonly apply: (changes?: Partial<FlowSpec>, limits?: Partial<Limits>) => Promise<Applied>;
}

export interface DoorOptions extends Partial<FlowSpec> {
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly descriptors?: number;
}

/** Opens one door on an address of its own, before a target. */
export async function openDoor(
  { endpoint: target }: { readonly endpoint: Endpoint },
  { limits = {}, clock, descriptors, ...spec }: DoorOptions = {},
): Promise<OpenDoor> {
  const { endpoint, host, port } = await freeEndpoint();
  const started = startRelay({ ...(clock ? { clock } : {}), ...(descriptors === undefined ? {} : { descriptors }) });
  const opened = { listen: endpoint, target, ...spec };
  const apply = (changes: Partial<FlowSpec> = {}, changed: Partial<Limits> = {}): Promise<Applied> =>
    started.relay.apply(policyOf([{ ...opened, ...changes }], { ...limits, ...changed }));
  await apply();
  return { ...started, host, port, endpoint, apply };
}

/** A place to listen that nobody else has, as a test and as a policy name it. */
export async function freeEndpoint(): Promise<{
  readonly host: string;
  readonly port: number;
  readonly endpoint: Endpoint;
}> {
  const host = loopbackAddress();
  const port = await freePort(host);
  return { host, port, endpoint: { address: ipv4(host), port } };
}
