/**
 * What the event stream tells: plain data, as it is sent. Whoever watches sees each of these once, in this order of time.
 *
 * Never a payload byte.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { BlockedDoor, InsideSession, Outcome, Party, SessionRecord } from "../engine/records.ts";
import { formatEndpoint } from "./events.ts";
import type { TalliedRefusal } from "./refusals.ts";

/** By name. Instants are milliseconds since the epoch, durations milliseconds. */
export interface StreamEvents {
  /** Somebody was let in, or waits for a place. */
  readonly began: BegunEvent;
  /** Also of one who waited in vain: its outcome is `busy`, and it is told as refused too. */
  readonly ended: EndedEvent;
  /** Added up over a tenth of a second. */
  readonly refused: RefusedNow;
  /** Something is in force that was not before: what a snapshot said may no longer hold. */
  readonly changed: ChangedEvent;
  /** A terminal can be reached again, or no more. */
  readonly health: HealthEvent;
  readonly door: DoorNow;
  readonly shield: ShieldNow;
  /** What was asked for is gone, or was another process's: only a new snapshot tells what is. */
  readonly lost: Readonly<Record<string, never>>;
}

export type StreamEventName = keyof StreamEvents;

/** An event and its name. */
export type StreamEvent = {
  readonly [Name in StreamEventName]: { readonly event: Name; readonly data: StreamEvents[Name] };
}[StreamEventName];

export interface BegunEvent {
  /** Tells it from every other in this process. */
  readonly session: number;
  readonly flow: string;
  readonly source: string;
  /** The source name of the grant that let it in. */
  readonly rule: string;
  readonly started: number;
}

export interface EndedEvent extends BegunEvent {
  readonly duration: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  readonly outcome: Outcome;
  readonly by: Party;
  readonly cause?: string;
}

export interface RefusedNow {
  /** `null`: no IPv4 address, or many of them. */
  readonly source: string | null;
  /** `null`: no such door, or many of them. */
  readonly flow: string | null;
  readonly outcome: TalliedRefusal["outcome"];
  readonly reason: TalliedRefusal["reason"];
  readonly count: number;
  readonly at: number;
}

export interface ChangedEvent {
  /** `applied`, `granted`, `revoked`, `operated`, `confirmed`, `rolled-back`, ... */
  readonly what: string;
  readonly by: string;
  readonly detail: string;
  readonly at: number;
}

export interface HealthEvent {
  readonly flow: string;
  readonly state: "up" | "down";
  readonly since: number;
  readonly cause?: string;
}

export interface DoorNow {
  readonly flow: string;
  readonly endpoint: string;
  readonly state: "blocked" | "open";
}

/** How it is with the kernel's part in refusing. */
export interface ShieldNow {
  readonly state: "off" | "up" | "down" | "stuck";
}

export function begunEvent({ session, flow, source, rule, startedAt }: InsideSession): BegunEvent {
  return { session, flow, source: formatAddress(source), rule, started: Math.round(startedAt) };
}

export function endedEvent(record: SessionRecord, session: number): EndedEvent {
  const { flow, source, rule, startedAt, duration, bytesToTarget, bytesToClient, outcome, by, cause } = record;
  return {
    ...{ session, flow, source: formatAddress(source), rule, started: Math.round(startedAt) },
    ...{ duration: Math.round(duration), bytesToTarget, bytesToClient, outcome, by },
    ...(cause === undefined ? {} : { cause }),
  };
}

export function refusedNow({ source, flow, outcome, reason, count }: TalliedRefusal, at: number): RefusedNow {
  const address = source === undefined ? null : formatAddress(source);
  return { source: address, flow: flow ?? null, outcome, reason, count, at };
}

export function doorNow({ flow, endpoint }: BlockedDoor, state: DoorNow["state"]): DoorNow {
  return { flow, endpoint: formatEndpoint(endpoint), state };
}
