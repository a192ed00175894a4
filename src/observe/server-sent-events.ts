/** Events as text/event-stream (WHATWG HTML, "Server-sent events"). */
import type { StreamEvent } from "./stream-events.ts";

/** How long a browser waits before it comes again, in milliseconds. */
const RETRY = 1_000;

export function printEvent(id: string, { event, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Says where the stream stands, so that one who is cut before the first event knows after what to ask. */
export function printBeginning(id: string): string {
  return `retry: ${RETRY}\nid: ${id}\n\n`;
}

/** Nothing, so that both ends see that the other is there. */
export const STILL_HERE = ":\n\n";
