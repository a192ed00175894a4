/** What the gateway tells while it happens, read from the stream. */
import type { StreamEvents } from "../answers.ts";
import type { StreamMessage } from "./event-reader.ts";

/** Of the dashboard's own server: whether it has the gateway. */
interface GatewayTold {
  readonly state: "gone" | "back";
}

type Told = StreamEvents & { readonly gateway: GatewayTold };

export type LiveEvent = {
  readonly [Name in keyof Told]: { readonly id: string; readonly event: Name; readonly data: Told[Name] };
}[keyof Told];

const KNOWN: ReadonlySet<string> = new Set<keyof Told>([
  "began",
  "ended",
  "refused",
  "changed",
  "health",
  "door",
  "shield",
  "lost",
  "gateway",
]);

/** `undefined`: an event of a newer gateway, which this page does not know. */
export function liveEvent({ id, event, data }: StreamMessage): LiveEvent | undefined {
  return KNOWN.has(event) ? ({ id, event, data: JSON.parse(data) as unknown } as LiveEvent) : undefined;
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
