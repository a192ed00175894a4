/** What the gateway tells while it happens, read from the stream. */
import type { StreamMessage } from "./event-reader.ts";

export type LiveEvent = { readonly id: string } & (
  | ({ readonly event: "began" } & Began)
  | ({ readonly event: "ended" } & Ended)
  | ({ readonly event: "refused" } & Refused)
  | { readonly event: "changed" }
  | ({ readonly event: "health" } & HealthTold)
  | { readonly event: "door"; readonly flow: string; readonly endpoint: string; readonly state: "blocked" | "open" }
  | { readonly event: "lost" }
);

export interface Began {
  readonly session: number;
  readonly flow: string;
  readonly source: string;
  readonly rule: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
}

export interface Ended extends Began {
  readonly duration: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  readonly outcome: string;
  readonly by: string;
  readonly cause?: string;
}

export interface Refused {
  readonly source: string | null;
  readonly flow: string | null;
  readonly outcome: string;
  readonly reason: string;
  readonly count: number;
  readonly at: number;
}

export interface HealthTold {
  readonly flow: string;
  readonly state: "up" | "down";
  readonly since: number;
  readonly cause?: string;
}

const KNOWN: readonly string[] = ["began", "ended", "refused", "changed", "health", "door", "lost"];

/** `undefined`: an event of a newer gateway, which this page does not know. */
export function liveEvent({ id, event, data }: StreamMessage): LiveEvent | undefined {
  if (!KNOWN.includes(event)) return undefined;
  return { ...(JSON.parse(data) as object), id, event } as LiveEvent;
}

/** Whether an event is later than the last one that an overview includes; ids are `EPOCH-NUMBER`. */
export function isAfter(id: string, included: string): boolean {
  const [epoch, number] = parts(id);
  const [its, last] = parts(included);
  return epoch === its && number > last;
}

function parts(id: string): readonly [string, number] {
  const dash = id.lastIndexOf("-");
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}
