/** An event of the stream as one line for a person. Pure. */
import type {
  BegunEvent,
  ChangedEvent,
  DoorNow,
  EndedEvent,
  HealthEvent,
  RefusedNow,
  ShieldNow,
  StreamEvent,
} from "../observe/stream-events.ts";
import { escapeControls } from "../inventory/quote.ts";
import { formatInstant } from "./instant.ts";
import { counted, formatBytes, formatSpan } from "./table.ts";

/** `now`: for what does not say when it was, in milliseconds since the epoch. */
export function eventLine(event: StreamEvent, now: number): string {
  const { at = now, word = event.event, text } = told(event);
  return `${formatInstant(at)}  ${word.padEnd(8)}  ${escapeControls(text)}`;
}

interface Told {
  readonly at?: number;
  /** Absent: the event's own name. */
  readonly word?: string;
  readonly text: string;
}

function told({ event, data }: StreamEvent): Told {
  switch (event) {
    case "began":
      return began(data);
    case "ended":
      return ended(data);
    case "refused":
      return refused(data);
    case "changed":
      return changed(data);
    case "health":
      return health(data);
    case "door":
      return door(data);
    case "shield":
      return { text: SHIELD[data.state] };
    case "lost":
      return { text: "something was missed: the journal has what ended and who was refused" };
  }
}

const SHIELD: Readonly<Record<ShieldNow["state"], string>> = {
  off: "off: nobody asks for it",
  up: "up: strangers are refused by the kernel",
  down: "down: strangers are refused by the process (ecluse status says why)",
  stuck: "stuck: it may shut out who is allowed (ecluse status says why)",
};

function began({ started, flow, source, rule }: BegunEvent): Told {
  return { at: started, text: `${flow} from ${source} (${rule})` };
}

function ended({
  started,
  duration,
  flow,
  source,
  outcome,
  by,
  cause,
  bytesToTarget,
  bytesToClient,
}: EndedEvent): Told {
  const how = `${outcome} by ${by}${cause === undefined ? "" : ` (${cause})`} after ${formatSpan(duration)}`;
  const bytes = `${formatBytes(bytesToTarget)} to it, ${formatBytes(bytesToClient)} back`;
  return { at: started + duration, text: `${flow} from ${source}: ${how}; ${bytes}` };
}

function refused({ at, source, flow, reason, count }: RefusedNow): Told {
  return { at, text: `${source ?? "many"} at ${flow ?? "several doors"} ${counted(count, "time")} (${reason})` };
}

function changed({ at, what, by, detail }: ChangedEvent): Told {
  return { at, text: `${what} by ${by}: ${detail}` };
}

function health({ since, state, flow, cause }: HealthEvent): Told {
  return { at: since, word: state, text: `${flow}${cause === undefined ? "" : ` (${cause})`}` };
}

function door({ flow, endpoint, state }: DoorNow): Told {
  return { word: state, text: `${flow} at ${endpoint}` };
}
