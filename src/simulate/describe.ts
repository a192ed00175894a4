/** An event of a simulated terminal in words, for people; the same rules as for events: counts and kinds only. */
import type { SessionClosed, TerminalEvent } from "./events.ts";

/** One line without a name and a time: `session 3: payment request, 56 bytes`. */
export function describeEvent(event: TerminalEvent): string {
  switch (event.kind) {
    case "connection":
      return `session ${event.session}: connection from ${event.peer}`;
    case "turned-away":
      return `turned away ${event.peer}: a session is open already`;
    case "request":
      return `session ${event.session}: ${event.request} request, ${bytes(event.bytes)}`;
    case "unreadable":
      return `session ${event.session}: no Caisse-AP request after ${bytes(event.bytes)} (${event.why}), reset`;
    case "answered":
      return `session ${event.session}: answered, ${bytes(event.bytes)}`;
    case "closed":
      return `session ${event.session}: ${event.how} by the ${event.by}, ${traffic(event)}`;
  }
}

function traffic({ received, sent }: SessionClosed): string {
  return `${bytes(received)} received, ${sent} sent`;
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
