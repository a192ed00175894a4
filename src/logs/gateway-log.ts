/**
 * The gateway's own log, wherever its output went: JSON lines, perhaps behind a stamp of whoever kept them.
 *
 * A session's line says how it ended; the journal says the same and more, so only what is not in the journal is taken:
 * doors, changes, stops.
 */
import type { LogLine } from "./log-line.ts";

/** Of these flows, and of the gateway as a whole. `from`: where the text comes from, as it is shown. */
export function gatewayLines(
  text: string,
  { from, has }: { readonly from: string; readonly has: (flow: string) => boolean },
): readonly LogLine[] {
  return text.split("\n").flatMap((line) => {
    const event = eventIn(line);
    const at = Date.parse(typeof event?.["time"] === "string" ? event["time"] : "");
    if (event === undefined || Number.isNaN(at) || IN_JOURNAL.has(String(event["event"]))) return [];
    if (typeof event["flow"] === "string" && !has(event["flow"])) return [];
    return [{ at, from, text: inWords(event) }];
  });
}

const IN_JOURNAL = new Set(["session", "refused"]);

type Event = Readonly<Record<string, unknown>>;

function eventIn(line: string): Event | undefined {
  const start = line.indexOf("{");
  if (start < 0) return undefined;
  try {
    const value: unknown = JSON.parse(line.slice(start));
    return typeof value === "object" && value !== null ? (value as Event) : undefined;
  } catch {
    return undefined;
  }
}

/** `blocked flow=depot22-tpe03 cause=EADDRINUSE` */
function inWords({ event, time: _, ...rest }: Event): string {
  const words = Object.entries(rest).flatMap(([key, value]) =>
    typeof value === "string" || typeof value === "number" ? [`${key}=${value}`] : [],
  );
  return [typeof event === "string" ? event : "event", ...words].join(" ");
}
